/* Convolution as one matrix product: the patch of every output pixel becomes a column, some output rows at a time. */
#include "blas_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* x [C/g][H][W] -> columns [C/g*KH*KW][rows*OW] */
static void lower(const lpdnn_conv2d_spec *s, const blas_group *g, const float *x, lpdnn_s32 first,
                  lpdnn_s32 rows, float *columns)
{
    lpdnn_s32 d, oh, ow;

    for (d = 0; d < g->depth; d++) {
        const float *plane = x + d / g->taps * g->plane;
        const lpdnn_s32 down = d % g->taps / s->kernel_w * s->dilation[0] - s->padding[0];
        const lpdnn_s32 right = d % s->kernel_w * s->dilation[1] - s->padding[1];
        const blas_range inside = blas_inside(right, s->stride[1], s->width, s->out_width);

        for (oh = first; oh < first + rows; oh++, columns += s->out_width) {
            const lpdnn_s32 ih = oh * s->stride[0] + down;

            if (ih < 0 || ih >= s->height) {
                blas_zero(columns, s->out_width);
                continue;
            }
            blas_zero(columns, inside.first);
            if (s->stride[1] == 1) {
                blas_copy(columns + inside.first, plane + ih * s->width + inside.first + right,
                          inside.end - inside.first);
            } else {
                for (ow = inside.first; ow < inside.end; ow++) {
                    columns[ow] = plane[ih * s->width + ow * s->stride[1] + right];
                }
            }
            blas_zero(columns + inside.end, s->out_width - inside.end);
        }
    }
}

static LpdnnStatus convolve(const lpdnn_conv2d_spec *s, const blas_group *g, const float *x, blas_product p)
{
    const lpdnn_s32 at_once = blas_rows_at_once(s, g->depth);
    float *y = p.y;
    float *columns = p.workspace + blas_plane_workspace(at_once * s->out_width, g->depth);
    lpdnn_s32 first, rows;

    p.x = columns;
    for (first = 0; first < s->out_height; first += rows) {
        LpdnnStatus status;

        rows = s->out_height - first < at_once ? s->out_height - first : at_once;
        lower(s, g, x, first, rows, columns);
        p.pixels = rows * s->out_width;
        p.x_stride = p.pixels;
        p.y = y + first * s->out_width;
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
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [groups] times [M/g][C/g*KH*KW] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][M][OH][OW] */
    lpdnn_s32 i;

    for (i = 0; i < s->batch * s->groups; i++) {
        const lpdnn_s32 group = i % s->groups;
        const float *image = x + i * g.channels * g.plane;
        blas_product p = {0};
        LpdnnStatus status;

        p.filters = g.filters;
        p.pixels = g.pixels;
        p.depth = g.depth;
        p.weights = weight + group * blas_plane_weights(g.filters, g.depth);
        p.x = image;
        p.x_stride = g.plane;
        p.y = y + i * g.filters * g.pixels;
        p.y_stride = g.pixels;
        p.bias = bias ? bias + group * g.filters : 0;
        p.activation = &s->activation;
        p.workspace = workspace;
        status = g.pointwise ? blas_planes(&p) : convolve(s, &g, image, p);
        if (status != LPDNN_OK) {
            return status;
        }
    }
    return LPDNN_OK;
}
