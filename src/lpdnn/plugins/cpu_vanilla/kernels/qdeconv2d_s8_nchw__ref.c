/* Deconvolution of integers: each output gathers the taps that reach it. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qdeconv2d_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#define LPDNN_WEIGHT lpdnn_s8
#define LPDNN_BITS 8
#endif

#include "lpdnn_ops.h"

#define COLUMNS 1
#include "sums.h"

lpdnn_kernel LPDNN_KERNEL;

/* The row or column that a tap takes for one of the output; -1 where there is none. */
static lpdnn_s32 taken(lpdnn_s32 out, lpdnn_s32 padding, lpdnn_s32 tap, lpdnn_s32 stride, lpdnn_s32 extent)
{
    lpdnn_s32 reach = out + padding - tap;

    return reach < 0 || reach % stride || reach / stride >= extent ? -1 : reach / stride;
}

/* One sum: x are the channels that reach a filter, [depth][H][W]; their weights are `apart` elements apart. */
static void gather(const lpdnn_qdeconv2d_spec *s, const LPDNN_ELEMENT *x, const LPDNN_WEIGHT *weight,
                   lpdnn_s32 apart, lpdnn_s32 oh, lpdnn_s32 ow, sums *total)
{
    lpdnn_s32 c, kh, kw;

    for (kh = 0; kh < s->kernel_h; kh++) {
        lpdnn_s32 h = taken(oh, s->padding[0], kh * s->dilation[0], s->stride[0], s->height);

        for (kw = 0; h >= 0 && kw < s->kernel_w; kw++) {
            lpdnn_s32 w = taken(ow, s->padding[1], kw * s->dilation[1], s->stride[1], s->width);

            for (c = 0; w >= 0 && c < s->channels / s->groups; c++) {
                add(total, 0, weight[c * apart + kh * s->kernel_w + kw],
                    x[(c * s->height + h) * s->width + w] - s->x_zero);
            }
        }
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qdeconv2d_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QDECONV2D_X];               /* [N][C][H][W] */
    const LPDNN_WEIGHT *weight = in[LPDNN_QDECONV2D_WEIGHT];      /* [C][M/groups][KH][KW] */
    const lpdnn_s32 *multiplier = in[LPDNN_QDECONV2D_MULTIPLIER]; /* [M] or [1] */
    const lpdnn_s32 *shift = in[LPDNN_QDECONV2D_SHIFT];
    const lpdnn_s32 *bias = in[LPDNN_QDECONV2D_BIAS]; /* [M] or null */
    LPDNN_ELEMENT *y = out[0];                        /* [N][M][OH][OW] */
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 group = s->filters / s->groups;
    lpdnn_s32 taps = s->kernel_h * s->kernel_w;
    lpdnn_s32 n, m, oh, ow;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++) {
            lpdnn_s32 first = m / group * depth; /* of the channels that reach filter m */
            const LPDNN_ELEMENT *image = x + (n * s->channels + first) * s->height * s->width;
            const LPDNN_WEIGHT *filter = weight + (first * group + m % group) * taps;
            lpdnn_s32 f = s->factors == 1 ? 0 : m;

            for (oh = 0; oh < s->out_height; oh++) {
                for (ow = 0; ow < s->out_width; ow++) {
                    lpdnn_s32 value;
                    sums total;

                    begin(&total, 0, bias ? bias[m] : 0);
                    gather(s, image, filter, group * taps, oh, ow, &total);
                    value = rescaled(&total, 0, multiplier[f], shift[f], s->rounding);
                    *y++ = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
                }
            }
        }
    }
    return LPDNN_OK;
}
