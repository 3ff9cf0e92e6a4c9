/* Values as integers by scales that were found of them, held by floats. */
#include "lpdnn_ops.h"
#include "rounding.h"

lpdnn_kernel lpdnn_dynamic_round_f32_nchw__ref;

LpdnnStatus lpdnn_dynamic_round_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                              void *workspace)
{
    const lpdnn_dynamic_round_spec *s = spec;
    const float *x = in[LPDNN_DYNAMIC_ROUND_X];         /* [outer][inner] */
    const float *scale = in[LPDNN_DYNAMIC_ROUND_SCALE]; /* [outer][scale, inverse, zero] */
    float *y = out[0];                                  /* as x, may be x */
    lpdnn_s32 outer, i;

    (void)workspace;
    for (outer = 0; outer < s->outer; outer++) {
        const float inverse = scale[1];
        const float zero = scale[2];

        for (i = 0; i < s->inner; i++) {
            volatile float product = *x++ * inverse; /* rounded before the sum is */
            const float place = product + zero;
            const float part = toward_zero(place);
            float whole = part;

            if (place - part >= 0.5f) {
                whole += 1.0f;
            } else if (place - part <= -0.5f) {
                whole -= 1.0f;
            }
            whole = whole > s->low ? whole : s->low;
            whole = whole < 127.0f ? whole : 127.0f;
            *y++ = whole - zero;
        }
        scale += 3;
    }
    return LPDNN_OK;
}
