/* Convolution as a product of every tap of every filter with the image as it lies, then a sum of shifted planes. */
#include "blas_lift.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const blas_group g = blas_group_of(s);
    const float *x = in[LPDNN_CONV2D_X];           /* [N][C][H][W] */
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [groups] times [KH*KW*M/g][C/g] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][M][OH][OW] */
    float *planes = (float *)workspace + blas_plane_workspace(g.plane, g.channels); /* [KH*KW][M/g][H*W] */
    lpdnn_s32 i, tap;

    for (i = 0; i < s->batch * s->groups; i++) {
        const lpdnn_s32 group = i % s->groups;
        float *image = y + i * g.filters * g.pixels;
        blas_product p = {0};
        LpdnnStatus status;

        p.filters = g.taps * g.filters;
        p.pixels = g.plane;
        p.depth = g.channels;
        p.weights = weight + group * blas_plane_weights(p.filters, g.channels);
        p.x = x + i * g.channels * g.plane;
        p.x_stride = g.plane;
        p.y = planes;
        p.y_stride = g.plane;
        p.workspace = workspace;
        status = blas_planes(&p);
        if (status != LPDNN_OK) {
            return status;
        }
        blas_zero(image, g.filters * g.pixels);
        for (tap = 0; tap < g.taps; tap++) {
            blas_lift_planes(s, tap, planes + tap * g.filters * g.plane, image, g.filters);
        }
        blas_finish_planes(image, g.pixels, g.filters, g.pixels, bias ? bias + group * g.filters : 0,
                           &s->activation);
    }
    return LPDNN_OK;
}
