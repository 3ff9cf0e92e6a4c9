/* ReLU with a slope below zero for each channel. Constants: VL, CHANNELS, SHARED: 1 where all have one slope. */
#include "channels.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_prelu_spec *s = spec;
    const float *x = in[LPDNN_PRELU_X];         /* [pixels][CHANNELS] */
    const float *slope = in[LPDNN_PRELU_SLOPE]; /* [CHANNELS], or [1] */
    float *y = out[0];                          /* [pixels][CHANNELS], may be x */
    lpdnn_s32 pixels = SHARED ? s->inner / CHANNELS : s->batch * s->inner;
    lpdnn_s32 p, b;

    (void)workspace;
    x += LPDNN_SHARE_FIRST(pixels) * CHANNELS;
    y += LPDNN_SHARE_FIRST(pixels) * CHANNELS;
    for (p = LPDNN_SHARE_FIRST(pixels); p < LPDNN_SHARE_END(pixels); p++, x += CHANNELS, y += CHANNELS) {
        for (b = 0; b < BLOCKS; b++) {
            vf v = load_part(x + b * VL, own_lanes(b));
            vf factor = SHARED ? splat(slope[0]) : load_part(slope + b * VL, own_lanes(b));

            store_part(y + b * VL, choose(v > 0.0f, v, factor * v), own_lanes(b));
        }
    }
    return LPDNN_OK;
}
