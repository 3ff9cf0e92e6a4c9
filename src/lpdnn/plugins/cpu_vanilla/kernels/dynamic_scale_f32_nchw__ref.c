/* Scale, its inverse and zero point of the 8-bit integers that slices become.

   Where the range is from one number to another, both it and its 255th part are found with an error term, so that the
   scale has the bits that double precision gives. Volatile: contraction and more precision would spoil these terms. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_dynamic_scale_f32_nchw__ref;

/* The float nearest to (high - low) / 255, for low <= 0 <= high. */
static float part_of(float low, float high)
{
    volatile float span = high - low;
    volatile float less = span - high; /* -low as it went in */
    volatile float rest = span - less; /* high as it went in */
    volatile float lost = high - rest; /* of high */
    volatile float more = -low - less; /* of low */
    volatile float part =
        span / 255.0f; /* span - 255 part is found without error: (span - 256 part) + part */
    volatile float left;

    lost += more;
    left = span - 256.0f * part;
    left += part;
    left = (left + lost) / 255.0f;
    return part + left;
}

LpdnnStatus lpdnn_dynamic_scale_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                              void *workspace)
{
    const lpdnn_dynamic_scale_spec *s = spec;
    const float *x = in[LPDNN_DYNAMIC_SCALE_X]; /* [outer][inner] */
    float *y = out[0];                          /* [outer][scale, inverse, zero] */
    lpdnn_s32 outer, i;

    (void)workspace;
    for (outer = 0; outer < s->outer; outer++) {
        float low = x[0];
        float high = x[0];

        for (i = 1; i < s->inner; i++) {
            low = x[i] < low ? x[i] : low;
            high = x[i] > high ? x[i] : high;
        }
        if (s->kind == LPDNN_DYNAMIC_SCALE_KIND_ABOUT_ZERO) {
            high = -low > high ? -low : high;
            y[0] = high / 127.0f;
            y[1] = 127.0f / high;
            y[2] = 0.0f;
        } else {
            volatile float place;

            low = low < 0.0f ? low : 0.0f;
            high = high > 0.0f ? high : 0.0f;
            y[0] = part_of(low, high);
            y[1] = 1.0f / y[0];
            place = -low / y[0];
            place = place - 128.0f;
            place = place > 127.0f ? 127.0f : place;
            y[2] = high > low ? (float)(lpdnn_s32)(place + (place < 0.0f ? -0.5f : 0.5f)) : 0.0f;
            high -= low;
        }
        if (!(high > 0.0f)) {
            y[0] = 1.0f;
            y[1] = 1.0f;
            y[2] = 0.0f;
        }
        x += s->inner;
        y += 3;
    }
    return LPDNN_OK;
}
