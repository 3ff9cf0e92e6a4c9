/* A function of one or two 8-bit values: CONSTANT + FACTOR_0 a + FACTOR_1 b in floats, rounded to the nearest, within LOW
   and HIGH. Whoever compiles it has tried all values (see _int8_elementwise.py).

   Constants: those of int8.h; INPUTS: 1 or 2; FACTOR_0, FACTOR_1, CONSTANT: the bits of floats; IN_UNSIGNED: 1 where the
   values are u8. */
#ifndef INT8_SUM_H
#define INT8_SUM_H

#include "int8.h"

INLINE wide_floats floats_of(const lpdnn_u8 *x, int count)
{
    return WIDE(cvtepi32_ps)((wide)widened(x, count, IN_UNSIGNED));
}

/* The first `count` results of a vector. */
INLINE vi result_of(const lpdnn_u8 *a, const lpdnn_u8 *b, int count)
{
    wide_floats sum = (wide_floats)splat_vi(CONSTANT);

#if INPUTS == 2
    sum = WIDE(fmadd_ps)(floats_of(b, count), (wide_floats)splat_vi(FACTOR_1), sum);
#else
    (void)b;
#endif
    sum = WIDE(fmadd_ps)(floats_of(a, count), (wide_floats)splat_vi(FACTOR_0), sum);
    return (vi)WIDE(cvtps_epi32)(sum);
}

/* y may be a or b. */
INLINE void results_of(const lpdnn_u8 *a, const lpdnn_u8 *b, byte *y, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i + 4 * VL <= count; i += 4 * VL) {
        vb bytes = in_order(four_clamped(result_of(a + i, b + i, VL), result_of(a + i + VL, b + i + VL, VL),
                                         result_of(a + i + 2 * VL, b + i + 2 * VL, VL),
                                         result_of(a + i + 3 * VL, b + i + 3 * VL, VL)));

        __builtin_memcpy(y + i, &bytes, sizeof(bytes));
    }
    for (; i < count; i += VL) {
        int some = least(VL, count - i);
        single_bytes bytes = single_clamped(result_of(a + i, b + i, some));

        __builtin_memcpy(y + i, &bytes, (lpdnn_size)some);
    }
}

#endif
