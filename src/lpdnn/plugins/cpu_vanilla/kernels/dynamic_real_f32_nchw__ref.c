/* Sums of integers as the numbers that they stand for, each step rounded by itself. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_dynamic_real_f32_nchw__ref;

LpdnnStatus lpdnn_dynamic_real_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                             void *workspace)
{
    const lpdnn_dynamic_real_spec *s = spec;
    const float *x = in[LPDNN_DYNAMIC_REAL_X];           /* [outer][channels][inner] */
    const float *scale = in[LPDNN_DYNAMIC_REAL_SCALE];   /* [outer][scale, inverse, zero] */
    const float *factor = in[LPDNN_DYNAMIC_REAL_FACTOR]; /* [channels] */
    const float *bias = in[LPDNN_DYNAMIC_REAL_BIAS];     /* [channels], or absent */
    float *y = out[0];                                   /* as x, may be x */
    lpdnn_s32 outer, c, i;

    (void)workspace;
    for (outer = 0; outer < s->outer; outer++) {
        for (c = 0; c < s->channels; c++) {
            const float first = s->early ? factor[c] : factor[c] * scale[0];
            const float added = bias ? bias[c] : 0.0f;

            for (i = 0; i < s->inner; i++) {
                volatile float product = *x++ * first; /* rounded before what follows */

                if (s->early) {
                    product *= scale[0];
                }
                *y++ = product + added;
            }
        }
        scale += 3;
    }
    return LPDNN_OK;
}
