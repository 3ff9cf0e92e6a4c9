/* Integers to integers of another format. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_requantize_s8_any__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "element.h"
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_requantize_spec *s = spec;
    const void *x = in[LPDNN_REQUANTIZE_X]; /* [count] of s->type */
    LPDNN_ELEMENT *y = out[0];              /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        lpdnn_s32 value =
            lpdnn_rescale(element(x, s->type, i) - s->x_zero, s->multiplier, s->shift, s->rounding);

        y[i] = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
    }
    return LPDNN_OK;
}
