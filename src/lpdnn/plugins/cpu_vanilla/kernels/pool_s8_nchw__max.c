/* Largest integer of each window. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_pool_s8_nchw__max
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"
#include "window.h"

lpdnn_kernel LPDNN_KERNEL;

/* Of the window that starts at row h and column w, which may lie in the padding. */
static LPDNN_ELEMENT largest(const lpdnn_pool_spec *s, const LPDNN_ELEMENT *x, lpdnn_s32 h, lpdnn_s32 w)
{
    span rows = inside(h, s->kernel[0], s->height);
    span columns = inside(w, s->kernel[1], s->width);
    LPDNN_ELEMENT most = x[rows.first * s->width + columns.first];
    lpdnn_s32 i, j;

    for (i = 0; i < rows.count; i++) {
        const LPDNN_ELEMENT *row = x + (rows.first + i) * s->width + columns.first;

        for (j = 0; j < columns.count; j++) {
            most = row[j] > most ? row[j] : most;
        }
    }
    return most;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_pool_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_POOL_X]; /* [N*C][H][W] */
    LPDNN_ELEMENT *y = out[0];                 /* [N*C][OH][OW] */
    lpdnn_s32 plane, oh, ow;

    (void)workspace;
    for (plane = 0; plane < s->batch * s->channels; plane++) {
        for (oh = 0; oh < s->out_height; oh++) {
            for (ow = 0; ow < s->out_width; ow++) {
                *y++ = largest(s, x, oh * s->stride[0] - s->padding[0], ow * s->stride[1] - s->padding[1]);
            }
        }
        x += s->height * s->width;
    }
    return LPDNN_OK;
}
