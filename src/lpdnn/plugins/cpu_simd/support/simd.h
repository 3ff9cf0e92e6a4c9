/* Vectors of VL floats in GNU C: the one place that knows them. VL comes from the command line (16: AVX-512, 8: AVX2,
   4: NEON or SSE); loads and stores need no alignment, which costs nothing where the address happens to be aligned. */
#ifndef SIMD_H
#define SIMD_H

#include "lpdnn_ops.h"
#include "lpdnn_share.h"

#define INLINE static inline __attribute__((always_inline))

/* A function that is compiled knowing nothing of its calls, so that its sums round alike whatever these are. */
#if defined(__clang__)
#define APART static __attribute__((noinline))
#else
#define APART static __attribute__((noipa))
#endif

/* Before a loop of few turns, which compilers must unroll for what it indexes to stay in registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

typedef float vf __attribute__((vector_size(4 * VL)));
typedef lpdnn_s32 vi __attribute__((vector_size(4 * VL)));
typedef float vf_anywhere __attribute__((vector_size(4 * VL), aligned(4), may_alias));

INLINE lpdnn_s32 least(lpdnn_s32 a, lpdnn_s32 b)
{
    return a < b ? a : b;
}

INLINE vf load(const float *x)
{
    return *(const vf_anywhere *)x;
}

INLINE void store(float *y, vf v)
{
    *(vf_anywhere *)y = v;
}

INLINE vf splat(float x)
{
    return x - (vf){0};
}

/* The same address, of which the compiler knows nothing: else it would carry values that a later step reads again from
   step to step, in registers that are not there. */
INLINE const float *fresh(const float *x)
{
    __asm__("" : "+r"(x));
    return x;
}

INLINE float sum_of(vf v)
{
    float sum = 0.0f;
    int lane;

    for (lane = 0; lane < VL; lane++) {
        sum += v[lane];
    }
    return sum;
}

INLINE float largest_of(vf v)
{
    float most = v[0];
    int lane;

    for (lane = 1; lane < VL; lane++) {
        most = v[lane] > most ? v[lane] : most;
    }
    return most;
}

/* Lanes of a where the mask (0 or -1) is set, else of b. */
INLINE vf choose(vi mask, vf a, vf b)
{
    return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

/* The first `count` lanes of v; the others are `other`. */
INLINE vf filled_up(vf v, int count, float other)
{
    vi lane;
    int i;

    for (i = 0; i < VL; i++) {
        lane[i] = i;
    }
    return choose(lane < count, v, splat(other));
}

#if VL == 16 && defined(__AVX512F__)
#include <immintrin.h>

INLINE vf load_some(const float *x, int count)
{
    return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), x);
}

INLINE vf nearly_reciprocal_root(vf v)
{
    return (vf)_mm512_rsqrt14_ps((__m512)v);
}

INLINE vf larger(vf a, vf b)
{
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
}

INLINE vf smaller(vf a, vf b)
{
    return (vf)_mm512_min_ps((__m512)a, (__m512)b);
}
#elif VL == 8 && defined(__AVX__)
#include <immintrin.h>

INLINE vf load_some(const float *x, int count)
{
    const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};

    return (vf)_mm256_maskload_ps(x, (__m256i)(lane < count));
}

INLINE vf nearly_reciprocal_root(vf v)
{
    return (vf)_mm256_rsqrt_ps((__m256)v);
}

INLINE vf larger(vf a, vf b)
{
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
}

INLINE vf smaller(vf a, vf b)
{
    return (vf)_mm256_min_ps((__m256)a, (__m256)b);
}
#else
INLINE vf load_some(const float *x, int count)
{
    vf v = {0};

    __builtin_memcpy(&v, x, (lpdnn_size)count * sizeof(float));
    return v;
}

INLINE vf nearly_reciprocal_root(vf v)
{
    int lane;

    for (lane = 0; lane < VL; lane++) {
        v[lane] = 1.0f / lpdnn_sqrtf(v[lane]);
    }
    return v;
}

INLINE vf larger(vf a, vf b)
{
    return choose(a > b, a, b);
}

INLINE vf smaller(vf a, vf b)
{
    return choose(a < b, a, b);
}
#endif

/* The first `count` (1 to VL) floats; the other lanes are 0, and nothing beyond is read. */
INLINE vf load_part(const float *x, int count)
{
    return count >= VL ? load(x) : load_some(x, count);
}

/* Not by a masked store, which takes some CPUs longer than the pieces. */
INLINE void store_part(float *y, vf v, int count)
{
    if (count >= VL) {
        store(y, v);
    } else {
        __builtin_memcpy(y, &v, (lpdnn_size)count * sizeof(float));
    }
}

/* 1 / sqrt(v) to 4 ulp, for v > 0: Newton's step doubles the 12 bits that CPUs tell at once. */
INLINE vf reciprocal_root(vf v)
{
    vf r = nearly_reciprocal_root(v);

    return r * (1.5f - 0.5f * v * r * r);
}

/* e^v to 2 ulp, 0 below -87 and e^88 above 88: 2^n e^r with n whole and |r| <= ln(2)/2, e^r by its Taylor polynomial. */
INLINE vf exponential(vf v)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: added, it rounds to whole numbers */
    vi low = v < -87.0f;
    vf x = smaller(larger(v, splat(-87.0f)), splat(88.0f));
    vf n = (x * 1.44269504f + shift) - shift;
    vf r = x - n * 0.693359375f + n * 2.12194440e-4f; /* ln(2) in two parts, the first exact in few bits */
    vf p = splat(1.0f / 5040);

    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    p *= (vf)((__builtin_convertvector(n, vi) + 127) << 23);
    return (vf)((vi)p & ~low);
}

/* ACTIVATION of a ReLU without a slope below zero. */
#define PLAIN_RELU (-1)

/* The activation that a layer ends with; `kind` is a compile-time constant, so that one branch is left. */
INLINE vf activate(int kind, const lpdnn_activation *f, vf v)
{
    int lane;

    switch (kind) {
    case LPDNN_ACTIVATION_IDENTITY:
        return v;
    case PLAIN_RELU:
        return larger(v, (vf){0});
    case LPDNN_ACTIVATION_RELU:
        return choose(v > 0.0f, v, f->alpha * v);
    case LPDNN_ACTIVATION_CLIP:
        return smaller(larger(v, splat(f->alpha)), splat(f->beta));
    case LPDNN_ACTIVATION_SIGMOID:
        return 1.0f / (1.0f + exponential(-v));
    case LPDNN_ACTIVATION_SWISH:
        return v / (1.0f + exponential(-f->alpha * v));
    case LPDNN_ACTIVATION_ABS:
        return larger(v, -v);
    default:
        for (lane = 0; lane < VL; lane++) {
            v[lane] = lpdnn_activate(f, v[lane]);
        }
        return v;
    }
}

#endif
