/* Integers with a slope of their own below zero. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qprelu_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qprelu_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QPRELU_X];               /* [N][C][inner] */
    const lpdnn_s16 *slope = in[LPDNN_QPRELU_SLOPE];           /* [C] */
    const lpdnn_s32 *multiplier = in[LPDNN_QPRELU_MULTIPLIER]; /* [C] */
    const lpdnn_s32 *shift = in[LPDNN_QPRELU_SHIFT];
    LPDNN_ELEMENT *y = out[0]; /* as x, may be x */
    lpdnn_s32 n, c, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (c = 0; c < s->channels; c++) {
            for (i = 0; i < s->inner; i++) {
                lpdnn_s32 step = *x++ - s->x_zero;
                lpdnn_s32 value = step > 0
                                      ? lpdnn_rescale(step, s->above, s->above_shift, s->rounding)
                                      : lpdnn_rescale(step * slope[c], multiplier[c], shift[c], s->rounding);

                *y++ = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
            }
        }
    }
    return LPDNN_OK;
}
