/* Convolution in single precision in one order: each filter tap of each channel adds a shifted input row.

   Volatile: products are rounded before they are added, whatever the compiler would like to contract. */
#include "lpdnn_ops.h"
#include "taps.h"

lpdnn_kernel lpdnn_conv2d_ordered_f32_nchw__ref;

/* row[ow] += w * x[ow * stride + offset], over one row of one input channel. */
static void add_row(const lpdnn_conv2d_ordered_spec *s, const float *x, lpdnn_s32 offset, float w, float *row)
{
    const lpdnn_s32 end = end_column(offset, s->stride[1], s->width, s->out_width);
    lpdnn_s32 ow;

    for (ow = first_column(offset, s->stride[1]); ow < end; ow++) {
        volatile float product = w * x[ow * s->stride[1] + offset];

        row[ow] += product;
    }
}

LpdnnStatus lpdnn_conv2d_ordered_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                               void *workspace)
{
    const lpdnn_conv2d_ordered_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_ORDERED_X];           /* [N][C][H][W] */
    const float *weight = in[LPDNN_CONV2D_ORDERED_WEIGHT]; /* [M][C/groups][KH][KW] */
    const float *bias = in[LPDNN_CONV2D_ORDERED_BIAS];     /* [M] or null */
    float *y = out[0];                                     /* [N][M][OH][OW] */
    const lpdnn_s32 depth = s->channels / s->groups;
    const lpdnn_s32 group = s->filters / s->groups;
    const lpdnn_s32 taps = s->kernel_h * s->kernel_w;
    lpdnn_s32 n, m, c, kh, kw, oh, ow;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++) {
            const float *filter = weight + m * depth * taps;
            const float *image = x + (n * s->channels + m / group * depth) * s->height * s->width;

            for (oh = 0; oh < s->out_height; oh++) {
                for (ow = 0; ow < s->out_width; ow++) {
                    y[ow] = 0.0f;
                }
                for (kh = 0; kh < s->kernel_h; kh++) {
                    const lpdnn_s32 ih = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];

                    if (ih < 0 || ih >= s->height) {
                        continue;
                    }
                    for (kw = 0; kw < s->kernel_w; kw++) {
                        const lpdnn_s32 offset = kw * s->dilation[1] - s->padding[1];

                        for (c = 0; c < depth; c++) {
                            add_row(s, image + (c * s->height + ih) * s->width, offset,
                                    filter[c * taps + kh * s->kernel_w + kw], y);
                        }
                    }
                }
                for (ow = 0; bias && ow < s->out_width; ow++) {
                    y[ow] += bias[m];
                }
                y += s->out_width;
            }
        }
    }
    return LPDNN_OK;
}
