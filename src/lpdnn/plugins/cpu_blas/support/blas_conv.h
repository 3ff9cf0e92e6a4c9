/* What all convolutions by matrix products share. */
#ifndef BLAS_CONV_H
#define BLAS_CONV_H

#include "blas_finish.h"
#include "blas_gemm.h"

#define LOWERED 262144 /* elements that a lowered image should not exceed: workspaces.py */

/* One group of a convolution. */
typedef struct {
    lpdnn_s32 filters;
    lpdnn_s32 channels;
    lpdnn_s32 taps;
    lpdnn_s32 depth;  /* channels * taps */
    lpdnn_s32 plane;  /* pixels of the input */
    lpdnn_s32 pixels; /* of the output */
    lpdnn_s32 pointwise;
} blas_group;

static inline blas_group blas_group_of(const lpdnn_conv2d_spec *s)
{
    blas_group g;

    g.filters = s->filters / s->groups;
    g.channels = s->channels / s->groups;
    g.taps = s->kernel_h * s->kernel_w;
    g.depth = g.channels * g.taps;
    g.plane = s->height * s->width;
    g.pixels = s->out_height * s->out_width;
    g.pointwise = g.taps == 1 && s->stride[0] == 1 && s->stride[1] == 1 && s->padding[0] == 0 &&
                  s->padding[1] == 0 && s->padding[2] == 0 && s->padding[3] == 0;
    return g;
}

/* Output rows that are lowered at once. */
static inline lpdnn_s32 blas_rows_at_once(const lpdnn_conv2d_spec *s, lpdnn_s32 depth)
{
    const lpdnn_s32 row = depth * s->out_width;
    const lpdnn_s32 rows = row < LOWERED ? LOWERED / row : 1;

    return rows < s->out_height ? rows : s->out_height;
}

/* Output positions along an axis whose tap at `offset` falls inside `size`: [first, end). */
typedef struct {
    lpdnn_s32 first;
    lpdnn_s32 end;
} blas_range;

static inline blas_range blas_inside(lpdnn_s32 offset, lpdnn_s32 stride, lpdnn_s32 size, lpdnn_s32 count)
{
    blas_range r;

    r.first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    r.end = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
    r.end = r.end < count ? r.end : count;
    r.first = r.first < r.end ? r.first : r.end;
    return r;
}

static inline void blas_zero(float *y, lpdnn_s32 count)
{
    if (count > 0) {
        __builtin_memset(y, 0, (size_t)count * sizeof *y);
    }
}

static inline void blas_copy(float *y, const float *x, lpdnn_s32 count)
{
    if (count > 0) {
        __builtin_memcpy(y, x, (size_t)count * sizeof *y);
    }
}

static inline void blas_add(float *y, const float *x, lpdnn_s32 count)
{
    lpdnn_s32 j;

    for (j = 0; j < count; j++) {
        y[j] += x[j];
    }
}

#endif
