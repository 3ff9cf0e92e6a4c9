/* Power of a linear function. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_power_f32_nchw__ref;

#define MOST_FACTORS 8.0f

/* base^power; a small whole power is a product, exact in sign and as accurate as its few roundings. */
static float raised(float base, float power)
{
    float size = power < 0.0f ? -power : power;
    float product = 1.0f;
    float factors = 0.0f;

    if (power == 0.5f) {
        return lpdnn_sqrtf(base);
    }
    while (factors < size && factors < MOST_FACTORS) {
        product *= base;
        factors += 1.0f;
    }
    if (factors != size) {
        return lpdnn_powf(base, power);
    }
    return power < 0.0f ? 1.0f / product : product;
}

LpdnnStatus lpdnn_power_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                      void *workspace)
{
    const lpdnn_power_spec *s = spec;
    const float *x = in[LPDNN_POWER_X]; /* [count] */
    float *y = out[0];                  /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = s->shift + s->scale * x[i];
    }
    for (i = 0; s->power != 1.0f && i < s->count; i++) {
        y[i] = raised(y[i], s->power);
    }
    return LPDNN_OK;
}
