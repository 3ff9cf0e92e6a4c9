/* Sums of products of integers: modulo 2^32 for activations of 8 bits, in two halves for those of 16. */
#ifndef SUMS_H
#define SUMS_H

#include "lpdnn_kernel.h"

#if (-1 >> 1) != -1
#error "LPDNN needs a compiler that shifts negative integers arithmetically"
#endif

/* So many sums go along at once; what includes this may want fewer. */
#ifndef COLUMNS
#define COLUMNS 64
#endif

#if LPDNN_BITS > 8

/* Halves apart, so that a compiler can work on several columns at once. */
typedef struct {
    lpdnn_s32 high[COLUMNS];
    lpdnn_u32 low[COLUMNS];
} sums;

static void begin(sums *s, lpdnn_s32 i, lpdnn_s32 bias)
{
    s->high[i] = bias >> 16;
    s->low[i] = (lpdnn_u32)bias & 0xffffu;
}

static void add(sums *s, lpdnn_s32 i, lpdnn_s32 a, lpdnn_s32 b)
{
    lpdnn_s32 product = a * b;

    s->high[i] += product >> 16;
    s->low[i] += (lpdnn_u32)product & 0xffffu;
}

static lpdnn_s32 rescaled(const sums *s, lpdnn_s32 i, lpdnn_s32 multiplier, lpdnn_s32 shift,
                          lpdnn_s32 rounding)
{
    lpdnn_wide sum;

    sum.high = s->high[i];
    sum.low = s->low[i];
    return lpdnn_rescale_wide(sum, multiplier, shift, rounding);
}

#else

typedef struct {
    lpdnn_u32 whole[COLUMNS];
} sums;

static void begin(sums *s, lpdnn_s32 i, lpdnn_s32 bias)
{
    s->whole[i] = (lpdnn_u32)bias;
}

static void add(sums *s, lpdnn_s32 i, lpdnn_s32 a, lpdnn_s32 b)
{
    s->whole[i] += (lpdnn_u32)(a * b);
}

static lpdnn_s32 rescaled(const sums *s, lpdnn_s32 i, lpdnn_s32 multiplier, lpdnn_s32 shift,
                          lpdnn_s32 rounding)
{
    return lpdnn_rescale((lpdnn_s32)s->whole[i], multiplier, shift, rounding);
}

#endif

#endif
