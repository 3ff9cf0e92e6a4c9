/* Deconvolution, one output row at a time: each filter tap spreads an input row over it. */
#include "lpdnn_ops.h"
#include "taps.h"

lpdnn_kernel lpdnn_deconv2d_f32_nchw__ref;

/* row[iw * stride + kw * dilation - left] += weight[kw] * x[iw], over one row of one input channel. */
static void add_row(const lpdnn_deconv2d_spec *s, const float *x, const float *weight, float *row)
{
    lpdnn_s32 kw, iw;

    for (kw = 0; kw < s->kernel_w; kw++) {
        lpdnn_s32 offset = kw * s->dilation[1] - s->padding[1];
        lpdnn_s32 first = first_column(offset, s->stride[1]);
        lpdnn_s32 end = end_column(offset, s->stride[1], s->out_width, s->width);
        float w = weight[kw];

        if (s->stride[1] == 1) {
            for (iw = first; iw < end; iw++) {
                row[iw + offset] += w * x[iw];
            }
        } else {
            for (iw = first; iw < end; iw++) {
                row[iw * s->stride[1] + offset] += w * x[iw];
            }
        }
    }
}

LpdnnStatus lpdnn_deconv2d_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                         void *workspace)
{
    const lpdnn_deconv2d_spec *s = spec;
    const float *x = in[LPDNN_DECONV2D_X];           /* [N][C][H][W] */
    const float *weight = in[LPDNN_DECONV2D_WEIGHT]; /* [C][M/groups][KH][KW] */
    const float *bias = in[LPDNN_DECONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                               /* [N][M][OH][OW] */
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 group = s->filters / s->groups;
    lpdnn_s32 taps = s->kernel_h * s->kernel_w;
    lpdnn_s32 n, m, c, kh, oh, ow;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++) {
            lpdnn_s32 first = m / group * depth; /* of the input channels that reach filter m */
            const float *filter = weight + (first * group + m % group) * taps;
            const float *image = x + (n * s->channels + first) * s->height * s->width;

            for (oh = 0; oh < s->out_height; oh++) {
                float *row = y + ((n * s->filters + m) * s->out_height + oh) * s->out_width;

                for (ow = 0; ow < s->out_width; ow++) {
                    row[ow] = bias ? bias[m] : 0.0f;
                }
                for (kh = 0; kh < s->kernel_h; kh++) {
                    lpdnn_s32 reach =
                        oh + s->padding[0] - kh * s->dilation[0]; /* ih * stride of the row it takes */
                    lpdnn_s32 ih = reach / s->stride[0];

                    if (reach < 0 || reach % s->stride[0] || ih >= s->height) {
                        continue;
                    }
                    for (c = 0; c < depth; c++) {
                        const float *line = image + (c * s->height + ih) * s->width;

                        add_row(s, line, filter + c * group * taps + kh * s->kernel_w, row);
                    }
                }
                for (ow = 0; ow < s->out_width; ow++) {
                    row[ow] = lpdnn_activate(&s->activation, row[ow]);
                }
            }
        }
    }
    return LPDNN_OK;
}
