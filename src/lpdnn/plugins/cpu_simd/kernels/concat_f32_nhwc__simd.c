/* Concatenation of channels: those of a pixel one behind the other. Constant: VL. */
#include "simd.h"

lpdnn_kernel LPDNN_KERNEL;

/* `pixels` runs of `channels`, which lie `pitch` apart in y. */
static void place(const float *x, float *y, lpdnn_s32 pixels, lpdnn_s32 channels, lpdnn_s32 pitch)
{
    lpdnn_s32 p, c;

    for (p = 0; p < pixels; p++, x += channels, y += pitch) {
        for (c = 0; c + VL <= channels; c += VL) {
            store(y + c, load(x + c));
        }
        if (c < channels && channels > VL) {
            store(y + channels - VL, load(x + channels - VL));
        } else if (c < channels) {
            __builtin_memcpy(y, x, sizeof(float) * (lpdnn_size)channels);
        }
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_concat_spec *s = spec;
    lpdnn_s32 pixels = s->outer * s->inner;
    float *y = out[0]; /* [pixels][sum of sizes] */
    lpdnn_s32 pitch = 0;
    lpdnn_s32 k;

    (void)workspace;
    for (k = 0; k < s->sizes_count; k++) {
        pitch += s->sizes[k];
    }
    for (k = 0; k < s->sizes_count; k++) {
        place(in[k], y, pixels, s->sizes[k], pitch); /* [pixels][sizes[k]] */
        y += s->sizes[k];
    }
    return LPDNN_OK;
}
