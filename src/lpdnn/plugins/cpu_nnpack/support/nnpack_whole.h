/* The layers of NNPACK that some builds leave out. */
#ifndef NNPACK_WHOLE_H
#define NNPACK_WHOLE_H

#include "lpdnn_ops.h"

typedef struct {
    size_t width;
    size_t height;
} nnpack_extent;

typedef struct {
    size_t top;
    size_t right;
    size_t bottom;
    size_t left;
} nnpack_border;

typedef int nnpack_connected(size_t inputs, size_t outputs, const float *x, const float *weight, float *y,
                             void *threads);
typedef int nnpack_max_pool(size_t batch, size_t channels, nnpack_extent image, nnpack_border padding,
                            nnpack_extent kernel, nnpack_extent stride, const float *x, float *y,
                            void *threads);
typedef int nnpack_relu(size_t batch, size_t channels, const float *x, float *y, float slope, void *threads);
typedef int nnpack_softmax(size_t batch, size_t channels, const float *x, float *y, void *threads);

typedef struct {
    nnpack_connected *connected;
    nnpack_max_pool *max_pool;
    nnpack_relu *relu;
    nnpack_softmax *softmax;
} nnpack_layers;

/* The library, opened and ready; a null pointer if it cannot be, or has not all of these. */
const nnpack_layers *nnpack_whole(void);

#endif
