/* Elements of one tensor or another, as a third says. */
#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel lpdnn_where_f32_nchw__ref;

LpdnnStatus lpdnn_where_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                      void *workspace)
{
    const lpdnn_where_spec *s = spec;
    const float *condition = in[LPDNN_WHERE_CONDITION];
    const float *a = in[LPDNN_WHERE_A];
    const float *b = in[LPDNN_WHERE_B];
    float *y = out[0]; /* [extents] */
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    lpdnn_s32 size = s->extents[rank - 1];
    operand from[3];
    lpdnn_s32 i;

    (void)workspace;
    from[0].place = 0;
    from[0].strides = s->condition_strides;
    from[1].place = 0;
    from[1].strides = s->a_strides;
    from[2].place = 0;
    from[2].strides = s->b_strides;
    do {
        for (i = 0; i < size; i++) {
            y[i] = condition[from[0].place + i * s->condition_strides[rank - 1]] != 0.0f
                       ? a[from[1].place + i * s->a_strides[rank - 1]]
                       : b[from[2].place + i * s->b_strides[rank - 1]];
        }
        y += size;
    } while (next_row(index, rank, s->extents, from, 3));
    return LPDNN_OK;
}
