/* Softmax of integers: powers from a table, and one division for each sum. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qsoftmax_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

#define HALF 0x40000000u

/* e^-d in 1/2^31. */
static lpdnn_s32 power(const lpdnn_s32 *powers, lpdnn_s32 d)
{
    return lpdnn_rescale(powers[d & 255], powers[256 + (d >> 8)], 0, LPDNN_ROUND_SINGLE);
}

/* 2^61 / divisor, rounded down, less 1: bit by bit, which is done once for a sum; divisor from 2^30 on. */
static lpdnn_s32 reciprocal(lpdnn_u32 divisor)
{
    lpdnn_u32 quotient = 0u, rest = HALF;
    int i;

    for (i = 0; i < 32; i++) { /* 2^30 * 2^31 */
        quotient <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1u;
        }
        rest <<= 1;
    }
    return (lpdnn_s32)(quotient - 1u);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qsoftmax_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QSOFTMAX_X];       /* [outer][size][inner] */
    const lpdnn_s32 *powers = in[LPDNN_QSOFTMAX_POWERS]; /* [512] */
    LPDNN_ELEMENT *y = out[0];                           /* as x, may be x */
    lpdnn_s32 o, i, k;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->inner; i++) {
            lpdnn_s32 most = x[i], raised = 0, factor;
            lpdnn_u32 high = 0u, low = 0u; /* the sum is high * 2^16 + low */

            for (k = 1; k < s->size; k++) {
                most = x[k * s->inner + i] > most ? x[k * s->inner + i] : most;
            }
            for (k = 0; k < s->size; k++) {
                lpdnn_u32 p = (lpdnn_u32)power(powers, most - x[k * s->inner + i]);

                high += p >> 16;
                low += p & 0xffffu;
            }
            high += low >> 16;
            low &= 0xffffu;
            /* to a number from 2^30 to 2^31 - 1: first to one of 31 bits or less */
            for (; high >= 0x8000u; high >>= 1) {
                low = low >> 1 | (high & 1u) << 15;
                raised++;
            }
            low |= high << 16;
            for (; low != 0u && low < HALF; low <<= 1) {
                raised--;
            }
            factor = lpdnn_rescale(reciprocal(low), s->multiplier, 0, LPDNN_ROUND_SINGLE);
            for (k = 0; k < s->size; k++) {
                lpdnn_s32 p = power(powers, most - x[k * s->inner + i]);
                lpdnn_s32 value = lpdnn_rescale(p, factor, s->shift - raised, LPDNN_ROUND_SINGLE);

                y[k * s->inner + i] = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
            }
        }
        x += s->size * s->inner;
        y += s->size * s->inner;
    }
    return LPDNN_OK;
}
