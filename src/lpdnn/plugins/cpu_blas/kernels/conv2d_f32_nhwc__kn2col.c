/* Convolution as a product of the image as it lies with every tap of every filter, then a sum of shifted pixels. */
#include "blas_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* y [OH][OW][M] += pixels [H][W][KH*KW][M/g], one tap of them, shifted by that tap. */
static void lift(const lpdnn_conv2d_spec *s, const blas_group *g, lpdnn_s32 tap, const float *pixels,
                 float *y)
{
    const lpdnn_s32 down = tap / s->kernel_w * s->dilation[0] - s->padding[0];
    const lpdnn_s32 right = tap % s->kernel_w * s->dilation[1] - s->padding[1];
    const blas_range rows = blas_inside(down, s->stride[0], s->height, s->out_height);
    const blas_range columns = blas_inside(right, s->stride[1], s->width, s->out_width);
    lpdnn_s32 oh, ow;

    for (oh = rows.first; oh < rows.end; oh++) {
        for (ow = columns.first; ow < columns.end; ow++) {
            const lpdnn_s32 from = (oh * s->stride[0] + down) * s->width + ow * s->stride[1] + right;

            blas_add(y + (oh * s->out_width + ow) * s->filters, pixels + (from * g->taps + tap) * g->filters,
                     g->filters);
        }
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const blas_group g = blas_group_of(s);
    const float *x = in[LPDNN_CONV2D_X];           /* [N][H][W][C] */
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [groups] times [C/g][KH*KW*M/g] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][OH][OW][M] */
    lpdnn_s32 n, group, tap;

    for (n = 0; n < s->batch; n++) {
        float *image = y + n * g.pixels * s->filters;

        blas_zero(image, g.pixels * s->filters);
        for (group = 0; group < s->groups; group++) {
            blas_product p = {0};
            LpdnnStatus status;

            p.filters = g.taps * g.filters;
            p.pixels = g.plane;
            p.depth = g.channels;
            p.weights = weight + group * blas_row_weights(p.filters, g.channels);
            p.x = x + n * g.plane * s->channels + group * g.channels;
            p.x_stride = s->channels;
            p.y = workspace;
            p.y_stride = p.filters;
            status = blas_rows(&p);
            if (status != LPDNN_OK) {
                return status;
            }
            for (tap = 0; tap < g.taps; tap++) {
                lift(s, &g, tap, workspace, image + group * g.filters);
            }
        }
        blas_finish_rows(image, s->filters, s->filters, g.pixels, bias, &s->activation);
    }
    return LPDNN_OK;
}
