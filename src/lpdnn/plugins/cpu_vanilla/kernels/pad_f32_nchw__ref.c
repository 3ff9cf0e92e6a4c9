/* A border of one value around a tensor. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_pad_f32_nchw__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif

#ifdef LPDNN_BITS
#define VALUE (LPDNN_ELEMENT) s->whole
#else
#define VALUE s->value
#endif
#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_pad_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_PAD_X]; /* [extents] */
    LPDNN_ELEMENT *y = out[0];                /* [count]; x lies in it from `offset`, `strides` apart */
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    operand to;
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = VALUE;
    }
    to.place = s->offset;
    to.strides = s->strides;
    do {
        for (i = 0; i < s->extents[rank - 1]; i++) {
            y[to.place + i * s->strides[rank - 1]] = *x++;
        }
    } while (next_row(index, rank, s->extents, &to, 1));
    return LPDNN_OK;
}
