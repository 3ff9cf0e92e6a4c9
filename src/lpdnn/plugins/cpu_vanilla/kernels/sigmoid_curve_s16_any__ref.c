/* Sigmoid, or tanh, of integers of 16 bits: straight lines between the entries of a curve. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_sigmoid_curve_s16_any__ref;

#define LAST 255

/* x / 2^count, rounded down. */
static lpdnn_s32 halved(lpdnn_s32 x, int count)
{
    return x >= 0 ? x >> count : -((-x - 1) >> count) - 1;
}

LpdnnStatus lpdnn_sigmoid_curve_s16_any__ref(const void *spec, const void *const *in, void *const *out,
                                             void *workspace)
{
    const lpdnn_sigmoid_curve_spec *s = spec;
    const lpdnn_s16 *x = in[LPDNN_SIGMOID_CURVE_X];         /* [count] */
    const lpdnn_s16 *curve = in[LPDNN_SIGMOID_CURVE_CURVE]; /* [256], above 1/2, of 2^-16 */
    lpdnn_s16 *y = out[0];                                  /* [count], may be x */
    const lpdnn_s32 half = s->shift > 0 ? (lpdnn_s32)1 << (s->shift - 1) : 0;
    const int bits = s->tanh ? 8 : 9, down = s->tanh ? 8 : 10;
    const lpdnn_s32 up = (lpdnn_s32)1 << (down - 1);
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        const lpdnn_s32 place = halved(x[i] * s->multiplier + half, (int)s->shift);
        const lpdnn_s32 size = place < 0 ? -place : place;
        const lpdnn_s32 before = size >> bits, part = size & (((lpdnn_s32)1 << bits) - 1);
        lpdnn_s32 line = (lpdnn_s32)(s->tanh ? 32767 : 16383) << down;

        if (before < LAST) {
            line = curve[before] * ((lpdnn_s32)1 << bits) + part * (curve[before + 1] - curve[before]);
        }
        line = halved(place < 0 ? up - 1 - line : line + up, down);
        y[i] = (lpdnn_s16)(line + (s->tanh ? 0 : 16384));
    }
    return LPDNN_OK;
}
