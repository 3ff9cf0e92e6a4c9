/* Addition of a bias to an axis, or a few. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_bias_f32_nchw__ref;

LpdnnStatus lpdnn_bias_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                     void *workspace)
{
    const lpdnn_bias_spec *s = spec;
    const float *x = in[LPDNN_BIAS_X];       /* [outer][size][inner] */
    const float *bias = in[LPDNN_BIAS_BIAS]; /* [size] */
    float *y = out[0];                       /* [outer][size][inner], may be x */
    lpdnn_s32 o, j, i;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (j = 0; j < s->size; j++) {
            float shift = bias[j];

            for (i = 0; i < s->inner; i++) {
                y[i] = x[i] + shift;
            }
            x += s->inner;
            y += s->inner;
        }
    }
    return LPDNN_OK;
}
