/* For every element of the result, an index of its own along one axis. */
#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel lpdnn_gather_elements_f32_nchw__ref;

LpdnnStatus lpdnn_gather_elements_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                                void *workspace)
{
    const lpdnn_gather_elements_spec *s = spec;
    const float *x = in[LPDNN_GATHER_ELEMENTS_X];
    const float *index = in[LPDNN_GATHER_ELEMENTS_INDEX]; /* [extents] */
    float *y = out[0];                                    /* [extents] */
    lpdnn_s32 counter[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    float size = (float)s->size;
    operand from;
    lpdnn_s32 i;

    (void)workspace;
    from.place = 0;
    from.strides = s->strides;
    do {
        for (i = 0; i < s->extents[rank - 1]; i++) {
            float place = *index < 0.0f ? *index + size : *index;

            if (!(place >= 0.0f && place < size)) {
                return LPDNN_ERROR_KERNEL;
            }
            *y++ = x[from.place + i * s->strides[rank - 1] + (lpdnn_s32)place * s->stride];
            index++;
        }
    } while (next_row(counter, rank, s->extents, &from, 1));
    return LPDNN_OK;
}
