/* Bias and activation of what a product wrote, while it is in the cache. */
#ifndef BLAS_FINISH_H
#define BLAS_FINISH_H

#include "lpdnn_ops.h"

/* y = f(y + bias + biases[j]); biases may be null. The frequent functions are loops that compilers vectorise. */
static inline void blas_finish_row(float *y, lpdnn_s32 count, float bias, const float *biases,
                                   const lpdnn_activation *f)
{
    const float low = f->alpha;
    const float high = f->beta;
    lpdnn_s32 j;

    if (biases) {
        for (j = 0; j < count; j++) {
            y[j] += biases[j];
        }
    }
    switch (f->kind) {
    case LPDNN_ACTIVATION_IDENTITY:
        for (j = 0; j < count && bias != 0.0f; j++) {
            y[j] += bias;
        }
        break;
    case LPDNN_ACTIVATION_RELU:
        for (j = 0; j < count; j++) {
            const float x = y[j] + bias;

            y[j] = x > 0.0f ? x : low * x;
        }
        break;
    case LPDNN_ACTIVATION_CLIP:
        for (j = 0; j < count; j++) {
            const float x = y[j] + bias > low ? y[j] + bias : low;

            y[j] = x < high ? x : high;
        }
        break;
    default:
        for (j = 0; j < count; j++) {
            y[j] = lpdnn_activate(f, y[j] + bias);
        }
    }
}

/* y [filters][pixels] */
static inline void blas_finish_planes(float *y, lpdnn_s32 stride, lpdnn_s32 filters, lpdnn_s32 pixels,
                                      const float *bias, const lpdnn_activation *f)
{
    lpdnn_s32 m;

    for (m = 0; m < filters; m++) {
        blas_finish_row(y + m * stride, pixels, bias ? bias[m] : 0.0f, 0, f);
    }
}

/* y [pixels][filters] */
static inline void blas_finish_rows(float *y, lpdnn_s32 stride, lpdnn_s32 filters, lpdnn_s32 pixels,
                                    const float *bias, const lpdnn_activation *f)
{
    lpdnn_s32 p;

    for (p = 0; p < pixels; p++) {
        blas_finish_row(y + p * stride, filters, 0.0f, bias, f);
    }
}

#endif
