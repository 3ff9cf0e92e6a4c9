/* A function of one or two 8-bit values, within LOW and HIGH: CONSTANT + FACTOR_0 a + FACTOR_1 b in floats, rounded to the
   nearest, where whoever compiles it has tried all values (see _int8_elementwise.py); else the three products of qadd in
   integers (BY_INTEGERS).

   Constants: those of int8.h; INPUTS: 1 or 2; IN_UNSIGNED: 1 where the values are u8; FACTOR_0, FACTOR_1, CONSTANT: the
   bits of floats; or LEFT, MULTIPLIER, SHIFT, and ZERO_i, MULTIPLIER_i, SHIFT_i of the inputs, as qadd has them. */
#ifndef INT8_SUM_H
#define INT8_SUM_H

#include "int8.h"

#if BY_INTEGERS
typedef unsigned long long vu __attribute__((vector_size(4 * VL)));

/* The lower half of each pair of lanes times multiplier * 2^(shift - 31); `negative`: 1 where its size is that of a
   negative number. */
INLINE vu half_rescaled(vi sizes, vu negative, lpdnn_s32 multiplier, int shift)
{
    vu products = (vu)WIDE(mul_epu32)((wide)sizes, WIDE(set1_epi32)(multiplier));

#if ROUNDING == 1
    products =
        (products + (1ULL << 30) - negative) >> 31; /* ties up: of sizes down, where they are negative's */
    return (products + (1ULL << -shift >> 1)) >> -shift;
#else
    (void)negative;
    return (products + (1ULL << (30 - shift))) >> (31 - shift);
#endif
}

/* lpdnn_rescale of each lane, whose shift is from -31 to 0. */
INLINE vi rescaled(vi x, lpdnn_s32 multiplier, int shift)
{
#if ROUNDING == 2
    const float factor = __builtin_ldexpf((float)multiplier, shift - 31);

    return (vi)WIDE(cvtps_epi32)(WIDE(mul_ps)(WIDE(cvtepi32_ps)((wide)x), WIDE(set1_ps)(factor)));
#else
    vi negative = x < 0;
    vi sizes = (x ^ negative) - negative;
    vu even = half_rescaled(sizes, (vu)negative & 1ULL, multiplier, shift);
    vu odd = half_rescaled((vi)((vu)sizes >> 32), (vu)negative >> 63, multiplier, shift);

    return (((vi)(even | odd << 32)) ^ negative) - negative;
#endif
}

INLINE vi term(const lpdnn_u8 *x, int count, lpdnn_s32 zero, lpdnn_s32 multiplier, int shift)
{
    vi steps = ((vi)widened(x, count, IN_UNSIGNED) - zero) << LEFT;

    return multiplier < 0 ? rescaled(-steps, -multiplier, shift) : rescaled(steps, multiplier, shift);
}

/* The first `count` results of a vector. */
INLINE vi result_of(const lpdnn_u8 *a, const lpdnn_u8 *b, int count)
{
    vi sum = term(a, count, ZERO_0, MULTIPLIER_0, SHIFT_0) + term(b, count, ZERO_1, MULTIPLIER_1, SHIFT_1);

    return rescaled(sum, MULTIPLIER, SHIFT) + Y_ZERO;
}
#else
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
#endif

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
