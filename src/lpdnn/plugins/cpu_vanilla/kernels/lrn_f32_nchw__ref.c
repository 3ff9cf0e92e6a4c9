/* Local response normalization: sums of squares gather in y, then every x is divided by its power of them. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_lrn_f32_nchw__ref;

static lpdnn_s32 least(lpdnn_s32 a, lpdnn_s32 b)
{
    return a < b ? a : b;
}

static void clear(float *y, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        y[i] = 0.0f;
    }
}

static void add_squares(const float *x, float *y, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        y[i] += x[i] * x[i];
    }
}

/* base^beta; two square roots are far cheaper than a power, and 3/4 is what nearly all networks use. */
static float damping(float base, float beta)
{
    if (beta == 0.75f) {
        float root = lpdnn_sqrtf(base);

        return root * lpdnn_sqrtf(root);
    }
    return lpdnn_powf(base, beta);
}

/* y = x / (k + alpha y)^beta. */
static void normalize(const lpdnn_lrn_spec *s, float alpha, const float *x, float *y, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        y[i] = x[i] / damping(s->k + alpha * y[i], s->beta);
    }
}

/* x, y: [C][H*W]. */
static void across_channels(const lpdnn_lrn_spec *s, const float *x, float *y)
{
    lpdnn_s32 inner = s->height * s->width;
    lpdnn_s32 c, other;

    for (c = 0; c < s->channels; c++) {
        lpdnn_s32 first = c > s->size / 2 ? c - s->size / 2 : 0;
        lpdnn_s32 end = least(c + s->size / 2 + 1, s->channels);

        clear(y + c * inner, inner);
        for (other = first; other < end; other++) {
            add_squares(x + other * inner, y + c * inner, inner);
        }
        normalize(s, s->alpha / (float)s->size, x + c * inner, y + c * inner, inner);
    }
}

/* x, y: [H][W] of one channel. */
static void within_channel(const lpdnn_lrn_spec *s, const float *x, float *y)
{
    lpdnn_s32 reach = s->size / 2;
    lpdnn_s32 columns = least(reach, s->width - 1);
    lpdnn_s32 h, other, shift;

    for (h = 0; h < s->height; h++) {
        lpdnn_s32 first = h > reach ? h - reach : 0;
        lpdnn_s32 end = least(h + reach + 1, s->height);
        float *row = y + h * s->width;

        clear(row, s->width);
        for (other = first; other < end; other++) {
            const float *squares = x + other * s->width;

            for (shift = 0; shift <= columns;
                 shift++) { /* row[w] gets the squares at w + shift and w - shift */
                add_squares(squares + shift, row, s->width - shift);
                if (shift) {
                    add_squares(squares, row + shift, s->width - shift);
                }
            }
        }
        normalize(s, s->alpha / (float)(s->size * s->size), x + h * s->width, row, s->width);
    }
}

LpdnnStatus lpdnn_lrn_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                    void *workspace)
{
    const lpdnn_lrn_spec *s = spec;
    const float *x = in[LPDNN_LRN_X]; /* [N][C][H][W] */
    float *y = out[0];                /* [N][C][H][W] */
    lpdnn_s32 plane = s->height * s->width;
    lpdnn_s32 i;

    (void)workspace;
    if (s->region == LPDNN_LRN_REGION_ACROSS_CHANNELS) {
        for (i = 0; i < s->batch; i++) {
            across_channels(s, x + i * s->channels * plane, y + i * s->channels * plane);
        }
    } else {
        for (i = 0; i < s->batch * s->channels; i++) {
            within_channel(s, x + i * plane, y + i * plane);
        }
    }
    return LPDNN_OK;
}
