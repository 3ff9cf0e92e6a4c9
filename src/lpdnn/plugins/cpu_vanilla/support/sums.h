/* Sums of products of integers: modulo 2^32 for activations of 8 bits, in two halves for those of 16. */
#ifndef SUMS_H
#define SUMS_H

#include "lpdnn_kernel.h"

#if (-1 >> 1) != -1
#error "LPDNN needs a compiler that shifts negative integers arithmetically"
#endif

#if LPDNN_BITS > 8

typedef lpdnn_wide sum;

static void begin(sum *s, lpdnn_s32 bias)
{
    s->high = bias >> 16;
    s->low = (lpdnn_u32)bias & 0xffffu;
}

static void add(sum *s, lpdnn_s32 a, lpdnn_s32 b)
{
    lpdnn_s32 product = a * b;

    s->high += product >> 16;
    s->low += (lpdnn_u32)product & 0xffffu;
}

static lpdnn_s32 rescaled(sum s, lpdnn_s32 multiplier, lpdnn_s32 shift, lpdnn_s32 rounding)
{
    (void)rounding;
    return lpdnn_rescale_wide(s, multiplier, shift);
}

#else

typedef lpdnn_u32 sum;

static void begin(sum *s, lpdnn_s32 bias)
{
    *s = (lpdnn_u32)bias;
}

static void add(sum *s, lpdnn_s32 a, lpdnn_s32 b)
{
    *s += (lpdnn_u32)(a * b);
}

static lpdnn_s32 rescaled(sum s, lpdnn_s32 multiplier, lpdnn_s32 shift, lpdnn_s32 rounding)
{
    return lpdnn_rescale((lpdnn_s32)s, multiplier, shift, rounding);
}

#endif

#endif
