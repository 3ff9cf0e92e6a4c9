/* Convolution as one matrix product: the patch of every output pixel becomes a row, some output rows at a time. */
#include "blas_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* x [H][W][C] -> patches [rows*OW][KH*KW*C/g] */
static void lower(const lpdnn_conv2d_spec *s, const blas_group *g, const float *x, lpdnn_s32 first,
                  lpdnn_s32 rows, float *patches)
{
    lpdnn_s32 oh, ow, kh, kw;

    for (oh = first; oh < first + rows; oh++) {
        for (ow = 0; ow < s->out_width; ow++) {
            for (kh = 0; kh < s->kernel_h; kh++) {
                const lpdnn_s32 ih = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];

                for (kw = 0; kw < s->kernel_w; kw++, patches += g->channels) {
                    const lpdnn_s32 iw = ow * s->stride[1] + kw * s->dilation[1] - s->padding[1];

                    if (ih < 0 || ih >= s->height || iw < 0 || iw >= s->width) {
                        blas_zero(patches, g->channels);
                    } else {
                        blas_copy(patches, x + (ih * s->width + iw) * s->channels, g->channels);
                    }
                }
            }
        }
    }
}

static LpdnnStatus convolve(const lpdnn_conv2d_spec *s, const blas_group *g, const float *x, blas_product p)
{
    const lpdnn_s32 at_once = blas_rows_at_once(s, g->depth);
    float *y = p.y;
    float *patches = p.workspace;
    lpdnn_s32 first, rows;

    p.x = patches;
    p.x_stride = g->depth;
    for (first = 0; first < s->out_height; first += rows) {
        LpdnnStatus status;

        rows = s->out_height - first < at_once ? s->out_height - first : at_once;
        lower(s, g, x, first, rows, patches);
        p.pixels = rows * s->out_width;
        p.y = y + first * s->out_width * s->filters;
        status = blas_rows(&p);
        if (status != LPDNN_OK) {
            return status;
        }
    }
    return LPDNN_OK;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const blas_group g = blas_group_of(s);
    const float *x = in[LPDNN_CONV2D_X];           /* [N][H][W][C] */
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [groups] times [KH*KW*C/g][M/g] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][OH][OW][M] */
    lpdnn_s32 i;

    for (i = 0; i < s->batch * s->groups; i++) {
        const lpdnn_s32 n = i / s->groups;
        const lpdnn_s32 group = i % s->groups;
        const float *image = x + n * g.plane * s->channels + group * g.channels;
        blas_product p = {0};
        LpdnnStatus status;

        p.filters = g.filters;
        p.pixels = g.pixels;
        p.depth = g.depth;
        p.weights = weight + group * blas_row_weights(g.filters, g.depth);
        p.x = image;
        p.x_stride = s->channels;
        p.y = y + n * g.pixels * s->filters + group * g.filters;
        p.y_stride = s->filters;
        p.bias = bias ? bias + group * g.filters : 0;
        p.activation = &s->activation;
        p.workspace = workspace;
        status = g.pointwise ? blas_rows(&p) : convolve(s, &g, image, p);
        if (status != LPDNN_OK) {
            return status;
        }
    }
    return LPDNN_OK;
}
