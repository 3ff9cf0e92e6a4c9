/* One axis sampled anew, each sample a weighted sum of a few elements. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_resample_f32_nchw__ref;

LpdnnStatus lpdnn_resample_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                         void *workspace)
{
    const lpdnn_resample_spec *s = spec;
    const float *x = in[LPDNN_RESAMPLE_X]; /* [outer][size][inner] */
    float *y = out[0];                     /* [outer][samples][inner] */
    lpdnn_s32 o, i, j, t;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->samples; i++) {
            const lpdnn_s32 *places = s->places + i * s->taps;
            const float *weights = s->weights + i * s->taps;

            for (j = 0; j < s->inner; j++) {
                y[j] = s->shift ? s->shift[i] : 0.0f;
            }
            for (t = 0; t < s->taps; t++) {
                const float *row = x + places[t] * s->inner;

                for (j = 0; weights[t] != 0.0f && j < s->inner; j++) {
                    y[j] += weights[t] * row[j];
                }
            }
            y += s->inner;
        }
        x += s->size * s->inner;
    }
    return LPDNN_OK;
}
