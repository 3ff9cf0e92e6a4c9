/* Operators: the spec struct that a kernel gets, and the order of its operands.
   Derived from lpdnn.ops by `python -m lpdnn.codegen.ops_header`; edit those. */

#ifndef LPDNN_OPS_H
#define LPDNN_OPS_H

#include "lpdnn_kernel.h"

/* Scalar functions; lpdnn_activation.kind. */
enum {
    LPDNN_ACTIVATION_IDENTITY = 0,
    LPDNN_ACTIVATION_RELU = 1,
    LPDNN_ACTIVATION_CLIP = 2,
    LPDNN_ACTIVATION_SIGMOID = 3,
    LPDNN_ACTIVATION_TANH = 4,
    LPDNN_ACTIVATION_ELU = 5,
    LPDNN_ACTIVATION_ABS = 6,
    LPDNN_ACTIVATION_EXP = 7,
    LPDNN_ACTIVATION_LOG = 8,
    LPDNN_ACTIVATION_SOFTPLUS = 9,
    LPDNN_ACTIVATION_THRESHOLD = 10,
    LPDNN_ACTIVATION_SWISH = 11
};

/* A scalar function of every element. */
enum { LPDNN_ACTIVATION_X = 0 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_activation function;
} lpdnn_activation_spec;

/* Convolution of x [N,C,H,W] with weight [M,C/groups,KH,KW] and bias [M]; groups == C is depthwise. */
enum { LPDNN_CONV2D_X = 0, LPDNN_CONV2D_WEIGHT = 1, LPDNN_CONV2D_BIAS = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 filters;
    lpdnn_s32 kernel_h;
    lpdnn_s32 kernel_w;
    lpdnn_s32 out_height;
    lpdnn_s32 out_width;
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 dilation[2];
    lpdnn_s32 groups;
    lpdnn_activation activation;
} lpdnn_conv2d_spec;

/* The same tensor [N,C,H,W] in another order of memory; blocked layouts fill their last block with zeros. */
enum { LPDNN_CONVERT_X = 0 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 pixels;
} lpdnn_convert_spec;

#endif
