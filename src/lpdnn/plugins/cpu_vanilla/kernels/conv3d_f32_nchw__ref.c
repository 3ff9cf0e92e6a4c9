/* Three-dimensional convolution: a sum over the window of every result. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_conv3d_f32_nchw__ref;

/* One plane's part of a result; x [D][H][W], weight [KD][KH][KW], `at` is where the window starts. */
static float correlate(const lpdnn_conv3d_spec *s, const float *x, const float *weight, const lpdnn_s32 *at)
{
    float sum = 0.0f;
    lpdnn_s32 kd, kh, kw;

    for (kd = 0; kd < s->kernel[0]; kd++) {
        lpdnn_s32 d = at[0] + kd * s->dilation[0];

        for (kh = 0; d >= 0 && d < s->sizes[0] && kh < s->kernel[1]; kh++) {
            lpdnn_s32 h = at[1] + kh * s->dilation[1];

            for (kw = 0; h >= 0 && h < s->sizes[1] && kw < s->kernel[2]; kw++) {
                lpdnn_s32 w = at[2] + kw * s->dilation[2];

                if (w >= 0 && w < s->sizes[2]) {
                    sum += x[(d * s->sizes[1] + h) * s->sizes[2] + w] *
                           weight[(kd * s->kernel[1] + kh) * s->kernel[2] + kw];
                }
            }
        }
    }
    return sum;
}

LpdnnStatus lpdnn_conv3d_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_conv3d_spec *s = spec;
    const float *x = in[LPDNN_CONV3D_X];           /* [N][C][D][H][W] */
    const float *weight = in[LPDNN_CONV3D_WEIGHT]; /* [M][C/g][KD][KH][KW] */
    const float *bias = in[LPDNN_CONV3D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][M][OD][OH][OW] */
    lpdnn_s32 plane = s->sizes[0] * s->sizes[1] * s->sizes[2];
    lpdnn_s32 taps = s->kernel[0] * s->kernel[1] * s->kernel[2];
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 at[3];
    lpdnn_s32 n, m, c, d, h, w;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++) {
            const float *first = x + (n * s->channels + m / (s->filters / s->groups) * depth) * plane;

            for (d = 0; d < s->out_sizes[0]; d++) {
                at[0] = d * s->stride[0] - s->before[0];
                for (h = 0; h < s->out_sizes[1]; h++) {
                    at[1] = h * s->stride[1] - s->before[1];
                    for (w = 0; w < s->out_sizes[2]; w++) {
                        float sum = bias ? bias[m] : 0.0f;

                        at[2] = w * s->stride[2] - s->before[2];
                        for (c = 0; c < depth; c++) {
                            sum += correlate(s, first + c * plane, weight + (m * depth + c) * taps, at);
                        }
                        *y++ = lpdnn_activate(&s->activation, sum);
                    }
                }
            }
        }
    }
    return LPDNN_OK;
}
