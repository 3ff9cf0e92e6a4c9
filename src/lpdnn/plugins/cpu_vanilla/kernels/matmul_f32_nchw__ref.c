/* Products of matrices that are both computed at run time. */
#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel lpdnn_matmul_f32_nchw__ref;

/* y [rows][columns] = a [rows][inner] b [inner][columns] */
static void multiply(const lpdnn_matmul_spec *s, const float *a, const float *b, float *y)
{
    lpdnn_s32 row, k, column;

    for (row = 0; row < s->rows; row++) {
        for (column = 0; column < s->columns; column++) {
            y[column] = 0.0f;
        }
        for (k = 0; k < s->inner; k++) {
            float factor = a[k];

            for (column = 0; column < s->columns; column++) {
                y[column] += factor * b[k * s->columns + column];
            }
        }
        for (column = 0; s->activation.kind != LPDNN_ACTIVATION_IDENTITY && column < s->columns; column++) {
            y[column] = lpdnn_activate(&s->activation, y[column]);
        }
        a += s->inner;
        y += s->columns;
    }
}

LpdnnStatus lpdnn_matmul_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_matmul_spec *s = spec;
    const float *a = in[LPDNN_MATMUL_A]; /* matrices [rows][inner] */
    const float *b = in[LPDNN_MATMUL_B]; /* matrices [inner][columns] */
    float *y = out[0];                   /* [extents][rows][columns] */
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    operand from[2];
    lpdnn_s32 i;

    (void)workspace;
    from[0].place = 0;
    from[0].strides = s->a_strides;
    from[1].place = 0;
    from[1].strides = s->b_strides;
    do {
        for (i = 0; i < s->extents[rank - 1]; i++) {
            const float *left = a + (from[0].place + i * s->a_strides[rank - 1]) * s->rows * s->inner;

            multiply(s, left, b + (from[1].place + i * s->b_strides[rank - 1]) * s->inner * s->columns, y);
            y += s->rows * s->columns;
        }
    } while (next_row(index, rank, s->extents, from, 2));
    return LPDNN_OK;
}
