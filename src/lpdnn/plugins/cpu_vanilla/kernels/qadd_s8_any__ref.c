/* Sum of tensors of integers that have formats of their own. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qadd_s8_any__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qadd_spec *s = spec;
    LPDNN_ELEMENT *y = out[0]; /* [count], may be any of the inputs */
    lpdnn_s32 i, k;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        lpdnn_u32 sum = 0u;
        lpdnn_s32 value;

        for (k = 0; k < s->inputs; k++) {
            lpdnn_s32 x = (((const LPDNN_ELEMENT *)in[k])[i] - s->zeros[k]) * (lpdnn_s32)(1u << s->left);
            lpdnn_s32 multiplier = s->multipliers[k];

            value = multiplier < 0 ? lpdnn_rescale(-x, -multiplier, s->shifts[k], s->rounding)
                                   : lpdnn_rescale(x, multiplier, s->shifts[k], s->rounding);
            sum += (lpdnn_u32)value;
        }
        value = lpdnn_rescale((lpdnn_s32)sum, s->multiplier, s->shift, s->rounding);
        y[i] = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
    }
    return LPDNN_OK;
}
