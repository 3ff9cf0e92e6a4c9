/* Sum, product or maximum of tensors, a vector of each at a time, so that the output may be any of them.

   Constants: VL, INPUTS, KIND: the spec's, WEIGHTED: 1 where a sum has coefficients, ACTIVATION. */
#include "simd.h"

lpdnn_kernel LPDNN_KERNEL;

INLINE vf weighted(const lpdnn_eltwise_spec *s, const void *const *in, int k, lpdnn_s32 at, int count)
{
    vf v = load_part((const float *)in[k] + at, count);

    return WEIGHTED ? v * s->coefficients[k] : v;
}

/* The first `count` results from `at` on. */
INLINE vf folded(const lpdnn_eltwise_spec *s, const void *const *in, lpdnn_s32 at, int count)
{
    vf v = weighted(s, in, 0, at, count);
    int k;

    for (k = 1; k < INPUTS; k++) {
        vf next = weighted(s, in, k, at, count);

        v = KIND == LPDNN_ELTWISE_KIND_SUM       ? v + next
            : KIND == LPDNN_ELTWISE_KIND_PRODUCT ? v * next
                                                 : larger(next, v);
    }
    return activate(ACTIVATION, &s->activation, v);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_eltwise_spec *s = spec;
    float *y = out[0]; /* [count], as every input; may be one of them */
    lpdnn_s32 end = LPDNN_SHARE_END(s->count / VL) * VL;
    lpdnn_s32 i;

    (void)workspace;
    for (i = LPDNN_SHARE_FIRST(s->count / VL) * VL; i < end; i += VL) {
        store(y + i, folded(s, in, i, VL));
    }
    if (LPDNN_SHARE_LAST) {
        store_part(y + i, folded(s, in, i, s->count - i), s->count - i);
    }
    return LPDNN_OK;
}
