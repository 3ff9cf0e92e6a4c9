/* Softmax of integers in fixed point: powers from a table, their sum, and its reciprocal by Newton's method. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_softmax_fixed_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

#define ONE 0x7fffffff

/* The upper half of a doubled product, rounded to the nearest with ties up. */
static lpdnn_s32 product(lpdnn_s32 a, lpdnn_s32 b)
{
    return b < 0 ? lpdnn_rescale(-a, -b, 0, LPDNN_ROUND_DOUBLE) : lpdnn_rescale(a, b, 0, LPDNN_ROUND_DOUBLE);
}

/* x * 2^places, cut to what 32 bits hold. */
static lpdnn_s32 raised(lpdnn_s32 x, lpdnn_s32 places)
{
    if (x > (ONE >> places)) {
        return ONE;
    }
    return x < -(ONE >> places) - 1 ? -ONE - 1 : x * (1 << places);
}

/* x / 2^places of what is not negative, rounded to the nearest with ties up. */
static lpdnn_s32 halved(lpdnn_s32 x, lpdnn_s32 places)
{
    return places > 31 ? 0 : (lpdnn_s32)(((lpdnn_u32)x + ((lpdnn_u32)1 << places >> 1)) >> places);
}

/* 1 / total as a fraction with 31 bits; places: by how many bits it must be halved. */
static lpdnn_s32 reciprocal(lpdnn_u32 total, lpdnn_s32 *places)
{
    lpdnn_s32 headroom = 0;
    lpdnn_s32 half, x, i;

    while (!(total & 0x80000000u)) {
        total <<= 1;
        headroom++;
    }
    *places = 12 - headroom;
    /* total = 1 + a with 31 bits, of which this is half */
    half = (lpdnn_s32)(total >> 1);
    x = 1515870810 + product(half, -1010580540); /* 48/17 - 32/17 half, with 29 bits */
    for (i = 0; i < 3; i++) {
        x += raised(product(x, (1 << 29) - product(half, x)), 2);
    }
    return raised(x, 1);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_softmax_fixed_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_SOFTMAX_FIXED_X];       /* [outer][size][inner] */
    const lpdnn_s32 *powers = in[LPDNN_SOFTMAX_FIXED_POWERS]; /* [256] */
    LPDNN_ELEMENT *y = out[0];
    lpdnn_s32 outer, inner, i;

    (void)workspace;
    for (outer = 0; outer < s->outer; outer++) {
        for (inner = 0; inner < s->inner; inner++) {
            lpdnn_s32 first = outer * s->size * s->inner + inner;
            lpdnn_s32 largest = x[first];
            lpdnn_u32 total = 0;
            lpdnn_s32 scale, places;

            for (i = 1; i < s->size; i++) {
                if (x[first + i * s->inner] > largest) {
                    largest = x[first + i * s->inner];
                }
            }
            for (i = 0; i < s->size; i++) {
                total += (lpdnn_u32)halved(powers[largest - x[first + i * s->inner]], 12);
            }
            scale = reciprocal(total, &places);
            for (i = 0; i < s->size; i++) {
                lpdnn_s32 power = powers[largest - x[first + i * s->inner]];
                lpdnn_s32 value = halved(product(scale, power), places + 31 - 8) + s->least;

                y[first + i * s->inner] = (LPDNN_ELEMENT)(value > s->most ? s->most : value);
            }
        }
    }
    return LPDNN_OK;
}
