/* A factor, and maybe a term, for each channel. Constants: VL, CHANNELS, BIAS: 1 where there are terms, ACTIVATION. */
#include "channels.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_scale_spec *s = spec;
    const float *x = in[LPDNN_SCALE_X];         /* [pixels][CHANNELS] */
    const float *scale = in[LPDNN_SCALE_SCALE]; /* [CHANNELS] */
    const float *bias = in[LPDNN_SCALE_BIAS];   /* [CHANNELS] or null */
    float *y = out[0];                          /* [pixels][CHANNELS], may be x */
    lpdnn_s32 pixels = s->outer * s->inner;
    lpdnn_s32 p, b;

    (void)workspace;
    x += LPDNN_SHARE_FIRST(pixels) * CHANNELS;
    y += LPDNN_SHARE_FIRST(pixels) * CHANNELS;
    for (p = LPDNN_SHARE_FIRST(pixels); p < LPDNN_SHARE_END(pixels); p++, x += CHANNELS, y += CHANNELS) {
        for (b = 0; b < BLOCKS; b++) {
            vf v = load_part(x + b * VL, own_lanes(b)) * load_part(scale + b * VL, own_lanes(b));

            if (BIAS) {
                v += load_part(bias + b * VL, own_lanes(b));
            }
            store_part(y + b * VL, activate(ACTIVATION, &s->activation, v), own_lanes(b));
        }
    }
    return LPDNN_OK;
}
