/* Local response normalization across the channels of each pixel: its squares, between zeros, are summed from SIZE shifts.

   Constants: VL, CHANNELS, SIZE; QUARTERS: 1 where beta is 3/4, which two square roots make. */
#include "channels.h"

lpdnn_kernel LPDNN_KERNEL;

#define REACH (SIZE / 2)

/* base^beta */
INLINE vf damping(vf base, float beta)
{
    int lane;

    if (QUARTERS) {
        vf half = root(base);

        return half * root(half);
    }
    for (lane = 0; lane < VL; lane++) {
        base[lane] = lpdnn_powf(base[lane], beta);
    }
    return base;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_lrn_spec *s = spec;
    const float *x = in[LPDNN_LRN_X]; /* [pixels][CHANNELS] */
    float *y = out[0];                /* [pixels][CHANNELS], may be x */
    float *squares = workspace;       /* [REACH + BLOCKS * VL + REACH] */
    lpdnn_s32 pixels = s->batch * s->height * s->width;
    float alpha = s->alpha / SIZE;
    lpdnn_s32 p, b, i;

    __builtin_memset(squares, 0, sizeof(float) * (2 * REACH + BLOCKS * VL));
    for (p = 0; p < pixels; p++, x += CHANNELS, y += CHANNELS) {
        for (b = 0; b < BLOCKS; b++) {
            vf v = load_part(x + b * VL, own_lanes(b));

            store(squares + REACH + b * VL, v * v);
        }
        for (b = 0; b < BLOCKS; b++) {
            vf sum = load(squares + b * VL);

            for (i = 1; i < SIZE; i++) {
                sum += load(squares + b * VL + i);
            }
            store_part(y + b * VL, load_part(x + b * VL, own_lanes(b)) / damping(s->k + alpha * sum, s->beta),
                       own_lanes(b));
        }
    }
    return LPDNN_OK;
}
