/* Vectors scaled to unit length: those of a pixel's channels, or whole images. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_normalize_f32_nchw__ref;

enum {
    TILE = 32
};

/* *sum += x^2; what rounding lost so far is in *lost (Kahan), so that long sums stay exact. */
static void add_square(float x, float *sum, float *lost)
{
    float term = x * x - *lost;
    float next = *sum + term;

    *lost = (next - *sum) - term;
    *sum = next;
}

/* All of an image by one length. x and y: [channels][spatial] */
static void scale_image(const lpdnn_normalize_spec *s, const float *x, const float *scale, float *y)
{
    lpdnn_s32 count = s->channels * s->spatial;
    float sum = 0.0f;
    float lost = 0.0f;
    float factor;
    lpdnn_s32 c, i;

    for (i = 0; i < count; i++) {
        add_square(x[i], &sum, &lost);
    }
    factor = 1.0f / lpdnn_sqrtf(sum + s->epsilon);
    for (c = 0; c < s->channels; c++) {
        float channel = factor * scale[s->scales > 1 ? c : 0];

        for (i = 0; i < s->spatial; i++) {
            y[c * s->spatial + i] = x[c * s->spatial + i] * channel;
        }
    }
}

/* `width` pixels, at most TILE, each by its own length. x and y: [channels][spatial], from the first pixel on */
static void scale_pixels(const lpdnn_normalize_spec *s, const float *x, const float *scale, float *y,
                         lpdnn_s32 width)
{
    float sum[TILE] = {0.0f};
    float lost[TILE] = {0.0f};
    lpdnn_s32 c, i;

    for (c = 0; c < s->channels; c++) {
        for (i = 0; i < width; i++) {
            add_square(x[c * s->spatial + i], &sum[i], &lost[i]);
        }
    }
    for (i = 0; i < width; i++) {
        sum[i] = 1.0f / lpdnn_sqrtf(sum[i] + s->epsilon);
    }
    for (c = 0; c < s->channels; c++) {
        float channel = scale[s->scales > 1 ? c : 0];

        for (i = 0; i < width; i++) {
            y[c * s->spatial + i] = x[c * s->spatial + i] * sum[i] * channel;
        }
    }
}

LpdnnStatus lpdnn_normalize_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                          void *workspace)
{
    const lpdnn_normalize_spec *s = spec;
    const float *x = in[LPDNN_NORMALIZE_X];         /* [N][C][spatial] */
    const float *scale = in[LPDNN_NORMALIZE_SCALE]; /* [C] or [1] */
    float *y = out[0];                              /* [N][C][spatial], may be x */
    lpdnn_s32 n, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        if (s->across_spatial) {
            scale_image(s, x, scale, y);
        } else {
            for (i = 0; i < s->spatial; i += TILE) {
                scale_pixels(s, x + i, scale, y + i, s->spatial - i < TILE ? s->spatial - i : TILE);
            }
        }
        x += s->channels * s->spatial;
        y += s->channels * s->spatial;
    }
    return LPDNN_OK;
}
