/* Local response normalization across the channels of each pixel: its squares, between zeros, are summed from SIZE shifts.

   Constants: VL, CHANNELS, SIZE; TOGETHER: pixels whose squares are made before any is read, so that no load has to wait for
   two stores; QUARTERS: 1 where beta is 3/4, which two reciprocal square roots make. */
#include "channels.h"

lpdnn_kernel LPDNN_KERNEL;

#define REACH (SIZE / 2)
#define ROW (REACH + BLOCKS * VL + REACH)

/* base^-beta */
INLINE vf damping(vf base, float beta)
{
    int lane;

    if (QUARTERS) {
        vf half = reciprocal_root(smaller(splat(1e38f), base)); /* of infinity it would be none */

        return half * half * reciprocal_root(half);
    }
    for (lane = 0; lane < VL; lane++) {
        base[lane] = 1.0f / lpdnn_powf(base[lane], beta);
    }
    return base;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_lrn_spec *s = spec;
    const float *x = in[LPDNN_LRN_X]; /* [pixels][CHANNELS] */
    float *y = out[0];                /* [pixels][CHANNELS], may be x */
    float *squares = workspace;       /* [TOGETHER][ROW] */
    lpdnn_s32 pixels = s->batch * s->height * s->width;
    float alpha = s->alpha / SIZE;
    lpdnn_s32 end = LPDNN_SHARE_END(pixels);
    lpdnn_s32 first, p, b, i;

    x += LPDNN_SHARE_FIRST(pixels) * CHANNELS;
    y += LPDNN_SHARE_FIRST(pixels) * CHANNELS;
    __builtin_memset(squares, 0, sizeof(float) * TOGETHER * ROW);
    for (first = LPDNN_SHARE_FIRST(pixels); first < end; first += TOGETHER) {
        lpdnn_s32 count = least(TOGETHER, end - first);

        for (p = 0; p < count; p++) {
            for (b = 0; b < BLOCKS; b++) {
                vf v = load_part(x + p * CHANNELS + b * VL, own_lanes(b));

                store(squares + p * ROW + REACH + b * VL, v * v);
            }
        }
        for (p = 0; p < count; p++, x += CHANNELS, y += CHANNELS) {
            for (b = 0; b < BLOCKS; b++) {
                const float *window = squares + p * ROW + b * VL;
                vf sum = load(window);

                for (i = 1; i < SIZE; i++) {
                    sum += load(window + i);
                }
                store_part(y + b * VL,
                           load_part(x + b * VL, own_lanes(b)) * damping(s->k + alpha * sum, s->beta),
                           own_lanes(b));
            }
        }
    }
    return LPDNN_OK;
}
