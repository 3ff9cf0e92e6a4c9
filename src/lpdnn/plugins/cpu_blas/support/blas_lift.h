/* Lifting: the sum of a kernel's taps, each computed for the whole input, shifted to where they belong. */
#ifndef BLAS_LIFT_H
#define BLAS_LIFT_H

#include "blas_conv.h"

/* y [filters][OH][OW] += t [filters][H][W], one tap of the kernel at every input pixel, shifted by that tap. */
static inline void blas_lift_planes(const lpdnn_conv2d_spec *s, lpdnn_s32 tap, const float *t, float *y,
                                    lpdnn_s32 filters)
{
    const lpdnn_s32 down = tap / s->kernel_w * s->dilation[0] - s->padding[0];
    const lpdnn_s32 right = tap % s->kernel_w * s->dilation[1] - s->padding[1];
    const blas_range rows = blas_inside(down, s->stride[0], s->height, s->out_height);
    const blas_range columns = blas_inside(right, s->stride[1], s->width, s->out_width);
    lpdnn_s32 m, oh, ow;

    for (m = 0; m < filters; m++) {
        for (oh = rows.first; oh < rows.end; oh++) {
            const float *from = t + (m * s->height + oh * s->stride[0] + down) * s->width;
            float *to = y + (m * s->out_height + oh) * s->out_width;

            if (s->stride[1] == 1) {
                blas_add(to + columns.first, from + columns.first + right, columns.end - columns.first);
            } else {
                for (ow = columns.first; ow < columns.end; ow++) {
                    to[ow] += from[ow * s->stride[1] + right];
                }
            }
        }
    }
}

#endif
