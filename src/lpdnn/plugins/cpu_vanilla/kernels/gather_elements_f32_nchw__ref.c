/* For every element of the result, an index of its own along one axis. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_gather_elements_f32_nchw__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif

/* Integers are picked by integers. */
#ifdef LPDNN_BITS
#define INDEX lpdnn_s32
#else
#define INDEX float
#endif
#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_gather_elements_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_GATHER_ELEMENTS_X];
    const INDEX *index = in[LPDNN_GATHER_ELEMENTS_INDEX]; /* [extents] */
    LPDNN_ELEMENT *y = out[0];                            /* [extents] */
    lpdnn_s32 counter[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    INDEX size = (INDEX)s->size;
    operand from;
    lpdnn_s32 i;

    (void)workspace;
    from.place = 0;
    from.strides = s->strides;
    do {
        for (i = 0; i < s->extents[rank - 1]; i++) {
            INDEX place = *index < 0 ? *index + size : *index;

            if (!(place >= 0 && place < size)) {
                return LPDNN_ERROR_KERNEL;
            }
            *y++ = x[from.place + i * s->strides[rank - 1] + (lpdnn_s32)place * s->stride];
            index++;
        }
    } while (next_row(counter, rank, s->extents, &from, 1));
    return LPDNN_OK;
}
