/* Mean of each window of integers. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qpool_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"
#include "window.h"

lpdnn_kernel LPDNN_KERNEL;

/* How many rows or columns a mean counts. */
static lpdnn_s32 counted(const lpdnn_qpool_spec *s, span some, lpdnn_s32 start, lpdnn_s32 kernel,
                         lpdnn_s32 end)
{
    lpdnn_s32 last = start + kernel < end ? start + kernel : end;

    return s->count_padding ? last - start : some.count;
}

/* The mean times 2^left of the window that starts at row h and column w. */
static lpdnn_s32 mean(const lpdnn_qpool_spec *s, const LPDNN_ELEMENT *x, lpdnn_s32 h, lpdnn_s32 w)
{
    span rows = inside(h, s->kernel[0], s->height);
    span columns = inside(w, s->kernel[1], s->width);
    lpdnn_s32 count = counted(s, rows, h, s->kernel[0], s->height + s->padding[2]) *
                      counted(s, columns, w, s->kernel[1], s->width + s->padding[3]);
    lpdnn_s32 sum = 0;
    lpdnn_s32 i, j;

    for (i = 0; i < rows.count; i++) {
        const LPDNN_ELEMENT *row = x + (rows.first + i) * s->width + columns.first;

        for (j = 0; j < columns.count; j++) {
            sum += row[j] - s->x_zero;
        }
    }
    sum *= (lpdnn_s32)(1u << s->left);
    return sum < 0 ? -((-sum + count / 2) / count) : (sum + count / 2) / count;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qpool_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QPOOL_X]; /* [N*C][H][W] */
    LPDNN_ELEMENT *y = out[0];                  /* [N*C][OH][OW] */
    lpdnn_s32 plane, oh, ow;

    (void)workspace;
    for (plane = 0; plane < s->batch * s->channels; plane++) {
        for (oh = 0; oh < s->out_height; oh++) {
            for (ow = 0; ow < s->out_width; ow++) {
                lpdnn_s32 value =
                    mean(s, x, oh * s->stride[0] - s->padding[0], ow * s->stride[1] - s->padding[1]);

                value = lpdnn_rescale(value, s->multiplier, s->shift, s->rounding);
                *y++ = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
            }
        }
        x += s->height * s->width;
    }
    return LPDNN_OK;
}
