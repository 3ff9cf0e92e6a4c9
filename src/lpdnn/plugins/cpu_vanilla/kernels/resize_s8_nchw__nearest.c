/* Images of integers in another size: each pixel is the one at (step * i + offset) / divisor, rounded down. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_resize_s8_nchw__nearest
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

static lpdnn_s32 place(lpdnn_s32 i, lpdnn_s32 step, lpdnn_s32 offset, lpdnn_s32 divisor)
{
    lpdnn_s32 dividend = step * i + offset;

    return dividend < 0 ? 0 : dividend / divisor;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_resize_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_RESIZE_X]; /* [planes][in_height][in_width] */
    LPDNN_ELEMENT *y = out[0];                   /* [planes][height][width] */
    lpdnn_s32 plane, i, j;

    (void)workspace;
    for (plane = 0; plane < s->planes; plane++) {
        for (i = 0; i < s->height; i++) {
            const LPDNN_ELEMENT *row = x + place(i, s->row_step, s->row_offset, s->row_divisor) * s->in_width;

            for (j = 0; j < s->width; j++) {
                *y++ = row[place(j, s->column_step, s->column_offset, s->column_divisor)];
            }
        }
        x += s->in_height * s->in_width;
    }
    return LPDNN_OK;
}
