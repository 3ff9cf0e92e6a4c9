/* kn2row whose products add to the output where it lies, row by row (after arXiv 1709.03395, kn2row-aa). Its flat
   product of a whole image needs holes in the input where rows end; an input of ours is not ours to write to. */
#include "blas_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* One tap of one group: every output row that sees it. */
static LpdnnStatus add_tap(const lpdnn_conv2d_spec *s, lpdnn_s32 tap, const float *x, float *y,
                           blas_product p)
{
    const lpdnn_s32 down = tap / s->kernel_w * s->dilation[0] - s->padding[0];
    const lpdnn_s32 right = tap % s->kernel_w * s->dilation[1] - s->padding[1];
    const blas_range rows = blas_inside(down, s->stride[0], s->height, s->out_height);
    const blas_range columns = blas_inside(right, 1, s->width, s->out_width);
    lpdnn_s32 oh;

    p.pixels = columns.end - columns.first;
    for (oh = rows.first; oh < rows.end && p.pixels > 0; oh++) {
        LpdnnStatus status;

        p.x = x + (oh * s->stride[0] + down) * s->width + columns.first + right;
        p.y = y + oh * s->out_width + columns.first;
        status = blas_planes(&p);
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
    const float *x = in[LPDNN_CONV2D_X];           /* [N][C][H][W] */
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [groups][KH*KW] times [M/g][C/g] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][M][OH][OW] */
    lpdnn_s32 i, tap;

    for (i = 0; i < s->batch * s->groups; i++) {
        const lpdnn_s32 group = i % s->groups;
        float *image = y + i * g.filters * g.pixels;
        blas_product p = {0};

        p.filters = g.filters;
        p.depth = g.channels;
        p.x_stride = g.plane;
        p.y_stride = g.pixels;
        p.add = 1;
        p.workspace = workspace;
        blas_zero(image, g.filters * g.pixels);
        for (tap = 0; tap < g.taps; tap++) {
            LpdnnStatus status;

            p.weights = weight + (group * g.taps + tap) * blas_plane_weights(g.filters, g.channels);
            status = add_tap(s, tap, x + i * g.channels * g.plane, image, p);
            if (status != LPDNN_OK) {
                return status;
            }
        }
        blas_finish_planes(image, g.pixels, g.filters, g.pixels, bias ? bias + group * g.filters : 0,
                           &s->activation);
    }
    return LPDNN_OK;
}
