/* 8-bit integers to others of another scale. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_requantize_s8_any__simd
#endif
#include "int8_sum.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_requantize_spec *s = spec;

    (void)workspace;
    results_of(in[0], in[0], out[0], s->count); /* y [count], as x; may be x */
    return LPDNN_OK;
}
