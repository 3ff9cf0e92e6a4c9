/* A scalar function of every element. Constants: VL, ACTIVATION. */
#include "simd.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_activation_spec *s = spec;
    const float *x = in[LPDNN_ACTIVATION_X]; /* [count] */
    float *y = out[0];                       /* [count], may be x */
    lpdnn_s32 end = LPDNN_SHARE_END(s->count / VL) * VL;
    lpdnn_s32 i;

    (void)workspace;
    for (i = LPDNN_SHARE_FIRST(s->count / VL) * VL; i < end; i += VL) {
        store(y + i, activate(ACTIVATION, &s->function, load(x + i)));
    }
    if (LPDNN_SHARE_LAST) {
        store_part(y + i, activate(ACTIVATION, &s->function, load_part(x + i, s->count - i)), s->count - i);
    }
    return LPDNN_OK;
}
