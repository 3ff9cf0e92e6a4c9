/* Vectors of VL floats in GNU C: the one place that knows them. VL comes from the command line (16: AVX-512, 8: AVX2,
   4: NEON or SSE); loads and stores need no alignment, which costs nothing where the address happens to be aligned. */
#ifndef SIMD_H
#define SIMD_H

#include "lpdnn_ops.h"

#define INLINE static inline __attribute__((always_inline))

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

/* The first `count` (1 to VL) floats; the other lanes are 0, and nothing beyond is read. */
INLINE vf load_part(const float *x, int count)
{
    vf v = {0};

    if (count >= VL) {
        return load(x);
    }
    __builtin_memcpy(&v, x, (lpdnn_size)count * sizeof(float));
    return v;
}

INLINE void store_part(float *y, vf v, int count)
{
    if (count >= VL) {
        store(y, v);
    } else {
        __builtin_memcpy(y, &v, (lpdnn_size)count * sizeof(float));
    }
}

/* Lanes of a where the mask (0 or -1) is set, else of b. */
INLINE vf choose(vi mask, vf a, vf b)
{
    return (vf)(((vi)a & mask) | ((vi)b & ~mask));
}

#if VL == 16 && defined(__AVX512F__)
#include <immintrin.h>

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

INLINE vf larger(vf a, vf b)
{
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
}

INLINE vf smaller(vf a, vf b)
{
    return (vf)_mm256_min_ps((__m256)a, (__m256)b);
}
#else
INLINE vf larger(vf a, vf b)
{
    return choose(a > b, a, b);
}

INLINE vf smaller(vf a, vf b)
{
    return choose(a < b, a, b);
}
#endif

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
    default:
        for (lane = 0; lane < VL; lane++) {
            v[lane] = lpdnn_activate(f, v[lane]);
        }
        return v;
    }
}

#endif
