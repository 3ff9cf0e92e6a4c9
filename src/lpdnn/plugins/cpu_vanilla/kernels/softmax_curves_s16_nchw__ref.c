/* Softmax of 16-bit integers: powers and the reciprocal of their sum are on two curves of 513 places. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_softmax_curves_s16_nchw__ref;

#define TOP 65535

/* What a curve is at a place from 0 to 65535: on the line between its neighbours. */
static lpdnn_s32 on(const lpdnn_s16 *curve, lpdnn_s32 place)
{
    const lpdnn_s16 *at = curve + place / 128;
    const lpdnn_s32 rise = (at[1] - at[0]) * (place % 128) + 64;

    return at[0] + (rise < 0 ? -((127 - rise) / 128) : rise / 128);
}

/* e^-d of d steps apart, with 15 bits behind the point. */
static lpdnn_s32 power(const lpdnn_softmax_curves_spec *s, const lpdnn_s16 *curve, lpdnn_s32 apart)
{
    const lpdnn_s32 far = lpdnn_rescale(apart, s->multiplier, s->shift, LPDNN_ROUND_DOUBLE);

    return on(curve, far < TOP ? TOP - far : 0);
}

LpdnnStatus lpdnn_softmax_curves_s16_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                               void *workspace)
{
    const lpdnn_softmax_curves_spec *s = spec;
    const lpdnn_s16 *x = in[LPDNN_SOFTMAX_CURVES_X];           /* [outer][size][inner] */
    const lpdnn_s16 *powers = in[LPDNN_SOFTMAX_CURVES_POWERS]; /* [513] */
    const lpdnn_s16 *inverse = in[LPDNN_SOFTMAX_CURVES_RECIPROCALS];
    lpdnn_s16 *y = out[0]; /* as x */
    lpdnn_s32 outer, inner, i;

    (void)workspace;
    for (outer = 0; outer < s->outer; outer++) {
        for (inner = 0; inner < s->inner; inner++) {
            const lpdnn_s32 first = outer * s->size * s->inner + inner;
            lpdnn_s32 largest = x[first];
            lpdnn_s32 right = 30;
            lpdnn_u32 total = 0;
            lpdnn_s32 reciprocal;

            for (i = 1; i < s->size; i++) {
                if (x[first + i * s->inner] > largest) {
                    largest = x[first + i * s->inner];
                }
            }
            for (i = 0; i < s->size; i++) {
                total += (lpdnn_u32)power(s, powers, largest - x[first + i * s->inner]);
            }
            total += total == 0u;
            while (total < 0x40000000u) {
                total <<= 1;
                right--;
            }
            total = ((total + (1u << 13)) >> 14) - (1u << 16);
            reciprocal = on(inverse, total > TOP ? TOP : (lpdnn_s32)total);
            for (i = 0; i < s->size; i++) {
                const lpdnn_s32 apart = largest - x[first + i * s->inner];
                const lpdnn_u32 product = (lpdnn_u32)(power(s, powers, apart) * reciprocal);
                const lpdnn_u32 value = (product + ((lpdnn_u32)1 << right >> 1)) >> right;

                y[first + i * s->inner] = (lpdnn_s16)(value > 32767u ? 32767u : value);
            }
        }
    }
    return LPDNN_OK;
}
