/* Integers to real numbers. */
#include "element.h"
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_dequantize_f32_any__ref;

LpdnnStatus lpdnn_dequantize_f32_any__ref(const void *spec, const void *const *in, void *const *out,
                                          void *workspace)
{
    const lpdnn_dequantize_spec *s = spec;
    const void *x = in[LPDNN_DEQUANTIZE_X]; /* [count] of s->type */
    float *y = out[0];
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = (float)(element(x, s->type, i) - s->zero) * s->scale;
    }
    return LPDNN_OK;
}
