/* kn2col whose products add to the output where it lies, row by row: no lowering, no extra memory (after arXiv
   1709.03395, kn2col-aa). */
#include "blas_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* One tap of one group: every output row that sees it. */
static LpdnnStatus add_tap(const lpdnn_conv2d_spec *s, lpdnn_s32 tap, const float *x, float *y,
                           blas_product p)
{
    const lpdnn_s32 down = tap / s->kernel_w * s->dilation[0] - s->padding[0];
    const lpdnn_s32 right = tap % s->kernel_w * s->dilation[1] - s->padding[1];
    const blas_range rows = blas_inside(down, s->stride[0], s->height, s->out_height);
    const blas_range columns = blas_inside(right, s->stride[1], s->width, s->out_width);
    lpdnn_s32 oh;

    p.pixels = columns.end - columns.first;
    for (oh = rows.first; oh < rows.end && p.pixels > 0; oh++) {
        const lpdnn_s32 ih = oh * s->stride[0] + down;
        LpdnnStatus status;

        p.x = x + (ih * s->width + columns.first * s->stride[1] + right) * s->channels;
        p.y = y + (oh * s->out_width + columns.first) * s->filters;
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
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [groups][KH*KW] times [C/g][M/g] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][OH][OW][M] */
    lpdnn_s32 n, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        float *image = y + n * g.pixels * s->filters;

        blas_zero(image, g.pixels * s->filters);
        for (i = 0; i < s->groups * g.taps; i++) {
            const lpdnn_s32 group = i / g.taps;
            const float *part = x + n * g.plane * s->channels + group * g.channels;
            blas_product p = {0};
            LpdnnStatus status;

            p.filters = g.filters;
            p.depth = g.channels;
            p.weights = weight + i * blas_row_weights(g.filters, g.channels);
            p.x_stride = s->stride[1] * s->channels;
            p.y_stride = s->filters;
            p.add = 1;
            status = add_tap(s, i % g.taps, part, image + group * g.filters, p);
            if (status != LPDNN_OK) {
                return status;
            }
        }
        blas_finish_rows(image, s->filters, s->filters, g.pixels, bias, &s->activation);
    }
    return LPDNN_OK;
}
