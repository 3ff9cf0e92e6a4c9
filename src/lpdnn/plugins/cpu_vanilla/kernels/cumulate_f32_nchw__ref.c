/* Running sums and products. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_cumulate_f32_nchw__ref;

LpdnnStatus lpdnn_cumulate_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                         void *workspace)
{
    const lpdnn_cumulate_spec *s = spec;
    const float *x = in[LPDNN_CUMULATE_X]; /* [outer][size][inner] */
    float *y = out[0];                     /* [outer][size][inner], may be x */
    lpdnn_s32 o, i, j;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->inner; i++) {
            float total = s->kind == LPDNN_CUMULATE_KIND_SUM ? 0.0f : 1.0f;

            for (j = 0; j < s->size; j++) {
                lpdnn_s32 place = (s->reverse ? s->size - 1 - j : j) * s->inner + i;
                float before = total;

                total = s->kind == LPDNN_CUMULATE_KIND_SUM ? total + x[place] : total * x[place];
                y[place] = s->exclusive ? before : total;
            }
        }
        x += s->size * s->inner;
        y += s->size * s->inner;
    }
    return LPDNN_OK;
}
