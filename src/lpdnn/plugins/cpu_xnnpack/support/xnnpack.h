/* XNNPACK's functions as of February 2022, and the operators of nodes: made at the first call of a node, which its spec
   and weights tell from others, and kept; kernels have no state of their own to keep them in. XNNPACK may read up to
   16 bytes beyond an input, and does not use them. */
#ifndef XNNPACK_H
#define XNNPACK_H

#include "lpdnn_ops.h"

#include <stdint.h>

typedef void *xnnpack_operator;
typedef int xnnpack_initialize(const void *allocator);
typedef int xnnpack_run(xnnpack_operator o, void *threads);
typedef int xnnpack_create_convolution(uint32_t top, uint32_t right, uint32_t bottom, uint32_t left,
                                       uint32_t kernel_h, uint32_t kernel_w, uint32_t stride_h,
                                       uint32_t stride_w, uint32_t dilation_h, uint32_t dilation_w,
                                       uint32_t groups, size_t channels, size_t filters, size_t x_stride,
                                       size_t y_stride, const float *weight, const float *bias, float low,
                                       float high, uint32_t flags, xnnpack_operator *o);
typedef int xnnpack_create_connected(size_t inputs, size_t outputs, size_t x_stride, size_t y_stride,
                                     const float *weight, const float *bias, float low, float high,
                                     uint32_t flags, xnnpack_operator *o);
typedef int xnnpack_create_pool(uint32_t top, uint32_t right, uint32_t bottom, uint32_t left,
                                uint32_t kernel_h, uint32_t kernel_w, uint32_t stride_h, uint32_t stride_w,
                                uint32_t dilation_h, uint32_t dilation_w, size_t channels, size_t x_stride,
                                size_t y_stride, float low, float high, uint32_t flags, xnnpack_operator *o);
typedef int xnnpack_create_clamp(size_t channels, size_t x_stride, size_t y_stride, float low, float high,
                                 uint32_t flags, xnnpack_operator *o);
typedef int xnnpack_create_softmax(size_t channels, size_t x_stride, size_t y_stride, uint32_t flags,
                                   xnnpack_operator *o);
typedef int xnnpack_setup_images(xnnpack_operator o, size_t batch, size_t height, size_t width,
                                 const float *x, float *y, void *threads);
typedef int xnnpack_setup_rows(xnnpack_operator o, size_t batch, const float *x, float *y, void *threads);

typedef struct {
    xnnpack_run *run;
    xnnpack_create_convolution *create_convolution;
    xnnpack_create_connected *create_connected;
    xnnpack_create_pool *create_pool;
    xnnpack_create_clamp *create_clamp;
    xnnpack_create_softmax *create_softmax;
    xnnpack_setup_images *setup_convolution;
    xnnpack_setup_images *setup_pool;
    xnnpack_setup_rows *setup_connected;
    xnnpack_setup_rows *setup_clamp;
    xnnpack_setup_rows *setup_softmax;
} xnnpack_api;

/* The library, opened and ready; a null pointer if it cannot be. */
const xnnpack_api *xnnpack(void);

/* The place of a node's operator: null in it where it has not been made yet; a null pointer without memory. */
xnnpack_operator *xnnpack_place(const void *spec, const void *weights);

/* What an activation clamps to; returns whether that is all it does. */
int xnnpack_limits(const lpdnn_activation *f, float *low, float *high);

#endif
