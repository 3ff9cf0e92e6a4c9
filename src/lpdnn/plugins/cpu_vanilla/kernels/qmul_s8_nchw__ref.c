/* Product of two tensors of integers, either of which may repeat along some axes. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qmul_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qmul_spec *s = spec;
    const LPDNN_ELEMENT *a = in[LPDNN_QMUL_A];
    const LPDNN_ELEMENT *b = in[LPDNN_QMUL_B];
    LPDNN_ELEMENT *y = out[0]; /* [extents], may be an operand that repeats nowhere */
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    lpdnn_s32 size = s->extents[rank - 1];
    lpdnn_s32 a_step = s->a_strides[rank - 1];
    lpdnn_s32 b_step = s->b_strides[rank - 1];
    operand from[2];
    lpdnn_s32 i;

    (void)workspace;
    from[0].place = 0;
    from[0].strides = s->a_strides;
    from[1].place = 0;
    from[1].strides = s->b_strides;
    do {
        for (i = 0; i < size; i++) {
            lpdnn_s32 product =
                (a[from[0].place + i * a_step] - s->a_zero) * (b[from[1].place + i * b_step] - s->b_zero);
            lpdnn_s32 value = lpdnn_rescale(product, s->multiplier, s->shift, s->rounding);

            y[i] = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
        }
        y += size;
    } while (next_row(index, rank, s->extents, from, 2));
    return LPDNN_OK;
}
