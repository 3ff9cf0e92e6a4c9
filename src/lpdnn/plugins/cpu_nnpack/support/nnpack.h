/* Convolution by NNPACK. Scratch memory and transformed kernels are the library's and this file's own, not the plan's:
   NNPACK tells their sizes only when it runs. */
#ifndef NNPACK_H
#define NNPACK_H

#include "lpdnn_ops.h"

/* Computes one batch; `algorithm` is NNPACK's number. Kernels are transformed at the first call of a node, which its
   spec and weights tell from others, and kept. */
LpdnnStatus nnpack_convolve(int algorithm, const lpdnn_conv2d_spec *s, const float *x, const float *weight,
                            const float *bias, float *y);

#endif
