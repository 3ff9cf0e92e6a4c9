/* Largest or mean value of each window. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_pool_f32_nchw__ref;

static lpdnn_s32 least(lpdnn_s32 a, lpdnn_s32 b)
{
    return a < b ? a : b;
}

/* Of a window [rows][columns] in an image with rows of `width`. */
static float largest(const float *x, lpdnn_s32 width, lpdnn_s32 rows, lpdnn_s32 columns)
{
    float most = x[0];
    lpdnn_s32 h, w;

    for (h = 0; h < rows; h++) {
        for (w = 0; w < columns; w++) {
            most = x[h * width + w] > most ? x[h * width + w] : most;
        }
    }
    return most;
}

/* Row by row, which keeps rounding small where the window is a whole image. */
static float total(const float *x, lpdnn_s32 width, lpdnn_s32 rows, lpdnn_s32 columns)
{
    float sum = 0.0f;
    lpdnn_s32 h, w;

    for (h = 0; h < rows; h++) {
        float row = 0.0f;

        for (w = 0; w < columns; w++) {
            row += x[h * width + w];
        }
        sum += row;
    }
    return sum;
}

/* One output value: the window that starts at row h and column w, which may lie in the padding. */
static float pooled(const lpdnn_pool_spec *s, const float *x, lpdnn_s32 h, lpdnn_s32 w)
{
    lpdnn_s32 first_h = h > 0 ? h : 0;
    lpdnn_s32 first_w = w > 0 ? w : 0;
    lpdnn_s32 rows = least(h + s->kernel[0], s->height) - first_h;
    lpdnn_s32 columns = least(w + s->kernel[1], s->width) - first_w;
    const float *window = x + first_h * s->width + first_w;

    if (s->kind == LPDNN_POOL_KIND_MAX) {
        return largest(window, s->width, rows, columns);
    }
    if (s->count_padding) {
        lpdnn_s32 counted_rows = least(h + s->kernel[0], s->height + s->padding[2]) - h;
        lpdnn_s32 counted_columns = least(w + s->kernel[1], s->width + s->padding[3]) - w;

        return total(window, s->width, rows, columns) / ((float)counted_rows * (float)counted_columns);
    }
    return total(window, s->width, rows, columns) / ((float)rows * (float)columns);
}

LpdnnStatus lpdnn_pool_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                     void *workspace)
{
    const lpdnn_pool_spec *s = spec;
    const float *x = in[LPDNN_POOL_X]; /* [N*C][H][W] */
    float *y = out[0];                 /* [N*C][OH][OW] */
    lpdnn_s32 plane, oh, ow;

    (void)workspace;
    for (plane = 0; plane < s->batch * s->channels; plane++) {
        const float *image = x + plane * s->height * s->width;

        for (oh = 0; oh < s->out_height; oh++) {
            for (ow = 0; ow < s->out_width; ow++) {
                *y++ = pooled(s, image, oh * s->stride[0] - s->padding[0], ow * s->stride[1] - s->padding[1]);
            }
        }
    }
    return LPDNN_OK;
}
