/* Real numbers to 8-bit integers: the exact product with 1 / scale, rounded once, in doubles.

   Constants: those of int8.h; FACTOR_HIGH, FACTOR_LOW: the bits of 1 / scale as a double that sends ties away from zero;
   LIMIT: those of a float beyond which results are at their bounds. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_quantize_s8_any__simd
#endif
#include "int8.h"

lpdnn_kernel LPDNN_KERNEL;

/* The first `count` results of a vector. */
INLINE vi quantized(const float *x, int count)
{
    const wide_doubles factor =
        (wide_doubles)WIDE(unpacklo_epi32)((wide)splat_vi(FACTOR_LOW), (wide)splat_vi(FACTOR_HIGH));
    const wide_doubles zero = WIDE(set1_pd)(WHOLE_DOUBLE + Y_ZERO);
    vf v = load_part(x, count), limit = (vf)splat_vi(LIMIT);
    vd low, high;

    v = (vf)((vi)v & (v == v)); /* NaN counts as 0 */
    v = smaller(larger(v, -limit), limit);
    low = (vd)WIDE(fmadd_pd)(lower_doubles((wide_floats)v), factor, zero);
    high = (vd)WIDE(fmadd_pd)(upper_doubles((wide_floats)v), factor, zero);
    return whole_parts(low, high);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_quantize_spec *s = spec;
    const float *x = in[LPDNN_QUANTIZE_X]; /* [count] */
    byte *y = out[0];                      /* [count] */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i + VL <= s->count; i += VL) {
        single_bytes bytes = single_clamped(quantized(x + i, VL));

        __builtin_memcpy(y + i, &bytes, VL);
    }
    if (i < s->count) {
        single_bytes bytes = single_clamped(quantized(x + i, s->count - i));

        __builtin_memcpy(y + i, &bytes, (lpdnn_size)(s->count - i));
    }
    return LPDNN_OK;
}
