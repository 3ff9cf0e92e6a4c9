/* Convolution in any pair of layouts, slowly: element (c, p) of an image is at READ(c, p), WRITE(c, p). */
#ifndef ANY_LAYOUT_H
#define ANY_LAYOUT_H

#include "lpdnn_ops.h"

#define AT_NCHW(c, p, channels, pixels) ((c) * (pixels) + (p))
#define AT_NHWC(c, p, channels, pixels) ((p) * (channels) + (c))
#define AT_NCHW8C(c, p, channels, pixels) (((c) / 8 * (pixels) + (p)) * 8 + (c) % 8)
#define WHOLE_NCHW(channels) (channels)
#define WHOLE_NHWC(channels) (channels)
#define WHOLE_NCHW8C(channels) (((channels) + 7) / 8 * 8)

#define ANY_LAYOUT_CONV(symbol, FROM, TO)                                                                    \
    lpdnn_kernel symbol;                                                                                     \
    LpdnnStatus symbol(const void *spec, const void *const *in, void *const *out, void *workspace)           \
    {                                                                                                        \
        const lpdnn_conv2d_spec *s = spec;                                                                   \
        const float *weight = in[1], *bias = in[2];                                                          \
        lpdnn_s32 depth = s->channels / s->groups, group = s->filters / s->groups;                           \
        lpdnn_s32 pixels = s->height * s->width, results = s->out_height * s->out_width;                     \
        lpdnn_s32 n, m, c, kh, kw, oh, ow;                                                                   \
        (void)workspace;                                                                                     \
        for (n = 0; n < s->batch; n++) {                                                                     \
            const float *x = (const float *)in[0] + n * WHOLE_##FROM(s->channels) * pixels;                  \
            float *y = (float *)out[0] + n * WHOLE_##TO(s->filters) * results;                               \
            for (m = 0; m < WHOLE_##TO(s->filters); m++) {                                                   \
                for (oh = 0; oh < s->out_height; oh++) {                                                     \
                    for (ow = 0; ow < s->out_width; ow++) {                                                  \
                        float sum = m < s->filters && bias ? bias[m] : 0.0f;                                 \
                        for (c = 0; m < s->filters && c < depth; c++) {                                      \
                            for (kh = 0; kh < s->kernel_h; kh++) {                                           \
                                for (kw = 0; kw < s->kernel_w; kw++) {                                       \
                                    lpdnn_s32 h = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];   \
                                    lpdnn_s32 w = ow * s->stride[1] + kw * s->dilation[1] - s->padding[1];   \
                                    if (h >= 0 && h < s->height && w >= 0 && w < s->width) {                 \
                                        sum += weight[((m * depth + c) * s->kernel_h + kh) * s->kernel_w +   \
                                                      kw] *                                                  \
                                               x[AT_##FROM(m / group * depth + c, h * s->width + w,          \
                                                           s->channels, pixels)];                            \
                                    }                                                                        \
                                }                                                                            \
                            }                                                                                \
                        }                                                                                    \
                        y[AT_##TO(m, oh * s->out_width + ow, s->filters, results)] =                         \
                            lpdnn_activate(&s->activation, sum);                                             \
                    }                                                                                        \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
        return LPDNN_OK;                                                                                     \
    }

#endif
