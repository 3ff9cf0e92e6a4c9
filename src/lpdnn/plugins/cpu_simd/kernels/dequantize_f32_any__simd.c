/* 8-bit integers to real numbers. Constants: those of int8.h, ZERO. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_dequantize_f32_any__simd
#endif
#include "int8.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_dequantize_spec *s = spec;
    const byte *x = in[LPDNN_DEQUANTIZE_X]; /* [count] */
    float *y = out[0];                      /* [count] */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = (float)(x[i] - ZERO) * s->scale;
    }
    return LPDNN_OK;
}
