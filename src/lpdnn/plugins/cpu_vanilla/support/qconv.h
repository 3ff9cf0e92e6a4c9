/* Convolution of integers, a filter at a time, some columns of an output row at once: each filter tap adds a shifted input
   row. Of the kernel: LPDNN_ELEMENT, LPDNN_WEIGHT, LPDNN_BITS. */
#ifndef QCONV_H
#define QCONV_H

#include "lpdnn_ops.h"
#include "sums.h"
#include "taps.h"

/* some[ow] += weight[kw] * (x[(begin + ow) * stride + kw * dilation - left] - x_zero), over one row of x. */
static void add_row(const lpdnn_qconv2d_spec *s, const LPDNN_ELEMENT *x, const LPDNN_WEIGHT *weight,
                    sums *some, lpdnn_s32 begin_column, lpdnn_s32 count)
{
    lpdnn_s32 kw, ow;

    for (kw = 0; kw < s->kernel_w; kw++) {
        lpdnn_s32 offset = begin_column * s->stride[1] + kw * s->dilation[1] - s->padding[1];
        lpdnn_s32 end = end_column(offset, s->stride[1], s->width, count);
        lpdnn_s32 w = weight[kw];

        for (ow = first_column(offset, s->stride[1]); ow < end; ow++) {
            add(some, ow, w, x[ow * s->stride[1] + offset] - s->x_zero);
        }
    }
}

/* A pointwise convolution sees no rows: its planes are one row each. */
static lpdnn_qconv2d_spec flattened(const lpdnn_qconv2d_spec *s)
{
    lpdnn_qconv2d_spec flat = *s;

    if (s->kernel_h == 1 && s->kernel_w == 1 && s->padding[0] == 0 && s->padding[1] == 0 &&
        s->out_height == s->height && s->out_width == s->width) {
        flat.width = s->height * s->width;
        flat.out_width = flat.width;
        flat.height = 1;
        flat.out_height = 1;
    }
    return flat;
}

/* The sums of `count` columns of an output row: x and filter are those of the group. */
static void add_rows(const lpdnn_qconv2d_spec *s, const LPDNN_ELEMENT *x, const LPDNN_WEIGHT *filter,
                     sums *some, lpdnn_s32 oh, lpdnn_s32 begin_column, lpdnn_s32 count)
{
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 c, kh;

    for (c = 0; c < depth; c++) {
        for (kh = 0; kh < s->kernel_h; kh++) {
            lpdnn_s32 ih = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];

            if (ih >= 0 && ih < s->height) {
                add_row(s, x + (c * s->height + ih) * s->width, filter + (c * s->kernel_h + kh) * s->kernel_w,
                        some, begin_column, count);
            }
        }
    }
}

/* One output plane: x is the group's channels of an image, filter [C/groups][KH][KW], y [OH][OW]. */
static void filter_plane(const lpdnn_qconv2d_spec *s, const LPDNN_ELEMENT *x, const LPDNN_WEIGHT *filter,
                         lpdnn_s32 bias, lpdnn_s32 multiplier, lpdnn_s32 shift, LPDNN_ELEMENT *y)
{
    sums some;
    lpdnn_s32 oh, ow, i;

    for (oh = 0; oh < s->out_height; oh++) {
        for (ow = 0; ow < s->out_width; ow += COLUMNS) {
            lpdnn_s32 count = s->out_width - ow < COLUMNS ? s->out_width - ow : COLUMNS;

            for (i = 0; i < count; i++) {
                begin(&some, i, bias);
            }
            add_rows(s, x, filter, &some, oh, ow, count);
            for (i = 0; i < count; i++) {
                lpdnn_s32 value = rescaled(&some, i, multiplier, shift, s->rounding);

                *y++ = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
            }
        }
    }
}

#endif
