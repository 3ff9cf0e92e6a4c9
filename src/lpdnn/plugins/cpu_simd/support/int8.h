/* Vectors of 8-bit integers and of their 32-bit sums: dot products of LANE neighbours with weights, and the way from sums
   to results.

   Constants: VL: sums in a vector; LANE: products that one instruction adds to each: 4 of u8 by s8 (VNNI), 2 of 16 bits
   (AVX2), or 64 of bytes as they come (AMX: tile.h, not `dot`); UNSIGNED: 1 where activations are u8, 0 for s8; Y_ZERO, LOW, HIGH, ROUNDING: the operator's. */
#ifndef INT8_H
#define INT8_H

#include "simd.h"

#include <immintrin.h>

typedef double vd __attribute__((vector_size(4 * VL)));
typedef lpdnn_s16 vw __attribute__((vector_size(4 * VL)));
typedef lpdnn_u8 vb __attribute__((vector_size(4 * VL)));
typedef lpdnn_u8 pair_bytes __attribute__((vector_size(2 * VL)));
typedef lpdnn_u8 single_bytes __attribute__((vector_size(VL)));
typedef lpdnn_s32 vi_anywhere __attribute__((vector_size(4 * VL), aligned(1), may_alias));
typedef lpdnn_s32 s32_anywhere __attribute__((aligned(1), may_alias));

/* Activations as they come and go, and as products are made of them: u8 (s8 plus 128), as they are, or 16 bits. */
#if UNSIGNED
typedef lpdnn_u8 byte;
#else
typedef lpdnn_s8 byte;
#endif
#if LANE == 4
typedef lpdnn_u8 element;
typedef lpdnn_s8 weight;
#define OFFSET (UNSIGNED ? 0 : 128)
#elif LANE == 64
typedef byte element;
typedef lpdnn_s8 weight;
#define OFFSET 0
#else
typedef lpdnn_s16 element;
typedef lpdnn_s16 weight;
#define OFFSET 0
#endif

INLINE vi load_vi(const void *x)
{
    return *(const vi_anywhere *)x;
}

INLINE vi splat_vi(lpdnn_s32 x)
{
    return x - (vi){0};
}

/* LANE elements, in every lane. */
INLINE vi splat_lane(const element *x)
{
    return splat_vi(*(const s32_anywhere *)x);
}

#if VL == 16
#define WIDE(name) _mm512_##name
typedef __m512i wide;
typedef __m512 wide_floats;
typedef __m512d wide_doubles;
#else
#define WIDE(name) _mm256_##name
typedef __m256i wide;
typedef __m256 wide_floats;
typedef __m256d wide_doubles;
#endif

/* The first `count` 8-bit values of a vector. */
INLINE vi widened(const void *x, int count, int is_unsigned)
{
    __m128i bytes = _mm_setzero_si128();

    __builtin_memcpy(&bytes, x, (lpdnn_size)count);
    return (vi)(is_unsigned ? WIDE(cvtepu8_epi32)(bytes) : WIDE(cvtepi8_epi32)(bytes));
}

/* sums + LANE products in each lane */
INLINE vi dot(vi sums, vi x, vi w)
{
#if LANE == 2
    return (vi)WIDE(add_epi32)((wide)sums, WIDE(madd_epi16)((wide)x, (wide)w));
#elif VL == 16 || !defined(__AVXVNNI__)
    return (vi)WIDE(dpbusd_epi32)((wide)sums, (wide)x, (wide)w);
#else
    return (vi)_mm256_dpbusd_avx_epi32((wide)sums, (wide)x, (wide)w);
#endif
}

/* Added to a number below 2^22 (2^51), they leave it in the last bits of a float (double), rounded to the nearest. */
#define WHOLE_FLOAT 12582912.0f
#define WHOLE_DOUBLE 6755399441055744.0

/* Y_ZERO + sums * factors, where floats were proven to be enough (see _rescale.py). */
INLINE vi by_floats(vi sums, const lpdnn_s32 *factors)
{
#if ROUNDING == 2 /* of single precision: the product is rounded before it becomes a whole number */
    return (vi)WIDE(cvtps_epi32)(WIDE(mul_ps)(WIDE(cvtepi32_ps)((wide)sums), (wide_floats)load_vi(factors))) +
           Y_ZERO;
#else
    wide_floats y = WIDE(fmadd_ps)(WIDE(cvtepi32_ps)((wide)sums), (wide_floats)load_vi(factors),
                                   WIDE(set1_ps)(WHOLE_FLOAT + Y_ZERO));

    return (vi)y - 0x4b400000;
#endif
}

/* The same of sums that carry 2^31 too much; factors: doubles, those of every 4 lanes' lower 2 first. */
INLINE vi by_doubles(vi sums, const lpdnn_s32 *factors)
{
    const wide exponent = WIDE(set1_epi32)(0x43300000); /* above 32 bits: 2^52 and they */
    const wide_doubles excess = WIDE(set1_pd)(4503601774854144.0);
    const wide_doubles zero = WIDE(set1_pd)(WHOLE_DOUBLE + Y_ZERO);
    wide_doubles low = (wide_doubles)WIDE(unpacklo_epi32)((wide)sums, exponent);
    wide_doubles high = (wide_doubles)WIDE(unpackhi_epi32)((wide)sums, exponent);

    low = WIDE(fmadd_pd)(WIDE(sub_pd)(low, excess), (wide_doubles)load_vi(factors), zero);
    high = WIDE(fmadd_pd)(WIDE(sub_pd)(high, excess), (wide_doubles)load_vi(factors + VL), zero);
    return (vi)WIDE(shuffle_ps)((wide_floats)low, (wide_floats)high, 0x88);
}

/* Instructions that narrow to bytes stop at the type's bounds: only what is within them needs a comparison. */
#define BELOW (LOW > (UNSIGNED ? 0 : -128))
#define ABOVE (HIGH < (UNSIGNED ? 255 : 127))

/* Two vectors as one of 16 bits, within LOW and HIGH as far as that is within the type: of every 8, 4 are from each. */
INLINE vw clamped(vi a, vi b)
{
    wide words = WIDE(packs_epi32)((wide)a, (wide)b);

    words = BELOW ? WIDE(max_epi16)(words, WIDE(set1_epi16)(LOW)) : words;
    return (vw)(ABOVE ? WIDE(min_epi16)(words, WIDE(set1_epi16)(HIGH)) : words);
}

/* Four vectors as bytes: of every 16, 4 are from each. */
INLINE vb four_clamped(vi a, vi b, vi c, vi d)
{
#if UNSIGNED
    return (vb)WIDE(packus_epi16)((wide)clamped(a, b), (wide)clamped(c, d));
#else
    return (vb)WIDE(packs_epi16)((wide)clamped(a, b), (wide)clamped(c, d));
#endif
}

/* Those bytes, vector after vector. */
INLINE vb in_order(vb bytes)
{
#if VL == 16
    const wide order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

    return (vb)_mm512_permutexvar_epi32(order, (wide)bytes);
#else
    return (vb)_mm256_permutevar8x32_epi32((wide)bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
#endif
}

/* Two vectors as bytes: of every 8, 4 are from each. */
INLINE pair_bytes pair_clamped(vi a, vi b)
{
#if VL == 16 && !UNSIGNED
    return (pair_bytes)_mm512_cvtsepi16_epi8((wide)clamped(a, b));
#elif VL == 16
    return (pair_bytes)_mm512_cvtusepi16_epi8(_mm512_max_epi16((wide)clamped(a, b), _mm512_setzero_si512()));
#else
    wide bytes = (wide)four_clamped(a, b, a, b);

    return (pair_bytes)_mm256_castsi256_si128(_mm256_permute4x64_epi64(bytes, 0x08));
#endif
}

/* One vector as bytes. */
INLINE single_bytes single_clamped(vi a)
{
#if VL == 16
    wide values = _mm512_min_epi32(_mm512_max_epi32((wide)a, WIDE(set1_epi32)(LOW)), WIDE(set1_epi32)(HIGH));

    return (single_bytes)_mm512_cvtepi32_epi8(values);
#else
    wide bytes = (wide)four_clamped(a, a, a, a);

    return (single_bytes)_mm_cvtsi128_si64(_mm256_castsi256_si128((wide)in_order((vb)bytes)));
#endif
}

/* The two halves of a vector of floats. */
INLINE wide_doubles lower_doubles(wide_floats x)
{
#if VL == 16
    return _mm512_cvtps_pd(_mm512_castps512_ps256(x));
#else
    return _mm256_cvtps_pd(_mm256_castps256_ps128(x));
#endif
}

INLINE wide_doubles upper_doubles(wide_floats x)
{
#if VL == 16
    return _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)));
#else
    return _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
#endif
}

/* What doubles hold in their last bits after WHOLE_DOUBLE was added. */
INLINE vi whole_parts(vd low, vd high)
{
    wide_doubles pairs = (wide_doubles)WIDE(shuffle_ps)((wide_floats)low, (wide_floats)high, 0x88);

#if VL == 16
    return (vi)_mm512_permutexvar_pd(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), pairs);
#else
    return (vi)_mm256_permute4x64_pd(pairs, 0xd8);
#endif
}

/* How a panel's sums become results, by its first float factor. */
enum {
    BY_ONES = -2,
    BY_DOUBLES = -1,
    BY_FLOATS = 0
};

INLINE int method_of(const lpdnn_s32 *floats)
{
    return floats[0] < 0 ? floats[0] : BY_FLOATS;
}

/* Y_ZERO + one sum * multiplier * 2^(shift - 31), clamped. */
INLINE byte by_one(lpdnn_s32 sum, lpdnn_s32 multiplier, lpdnn_s32 shift)
{
    return (byte)lpdnn_clamp(lpdnn_rescale(sum, multiplier, shift, ROUNDING), Y_ZERO, LOW, HIGH);
}

#endif
