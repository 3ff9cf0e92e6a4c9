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

/* y = (x - mean) / sqrt(variance + epsilon), with a mean [C] and a variance [C] for each channel of x [N,C,...]. */
enum { LPDNN_BATCH_NORM_X = 0, LPDNN_BATCH_NORM_MEAN = 1, LPDNN_BATCH_NORM_VARIANCE = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 inner;
    float epsilon;
} lpdnn_batch_norm_spec;

/* y = x + bias, where bias has the shape of x's axes from `axis` on, or rank 0. */
enum { LPDNN_BIAS_X = 0, LPDNN_BIAS_BIAS = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
} lpdnn_bias_spec;

/* Tensors one behind the other along an axis. */
enum { LPDNN_CONCAT_X = 0 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 inner;
    lpdnn_s32 sizes_count;
    const lpdnn_s32 *sizes;
} lpdnn_concat_spec;

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

/* Deconvolution: each x [N,C,H,W] adds its multiple of weight [C,M/groups,KH,KW] to y, strided; bias [M]. */
enum { LPDNN_DECONV2D_X = 0, LPDNN_DECONV2D_WEIGHT = 1, LPDNN_DECONV2D_BIAS = 2 };
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
} lpdnn_deconv2d_spec;

/* Sum, product or maximum of tensors of one shape; a sum may weigh each with a coefficient. */
enum { LPDNN_ELTWISE_X = 0 };
enum { LPDNN_ELTWISE_KIND_SUM = 0, LPDNN_ELTWISE_KIND_PRODUCT = 1, LPDNN_ELTWISE_KIND_MAX = 2 };
typedef struct {
    lpdnn_s32 inputs;
    lpdnn_s32 count;
    lpdnn_s32 kind;
    lpdnn_s32 coefficients_count;
    const float *coefficients;
    lpdnn_activation activation;
} lpdnn_eltwise_spec;

/* Product of weight [M,K] with the axes of x from `axis` on, seen as one vector of K; bias [M]. */
enum { LPDNN_FC_X = 0, LPDNN_FC_WEIGHT = 1, LPDNN_FC_BIAS = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 inputs;
    lpdnn_s32 outputs;
    lpdnn_activation activation;
} lpdnn_fc_spec;

/* y = x / (k + alpha/n sum x^2)^beta over `size` channels, or a `size` x `size` window of one channel. */
enum { LPDNN_LRN_X = 0 };
enum { LPDNN_LRN_REGION_ACROSS_CHANNELS = 0, LPDNN_LRN_REGION_WITHIN_CHANNEL = 1 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 region;
    lpdnn_s32 size;
    float alpha;
    float beta;
    float k;
} lpdnn_lrn_spec;

/* Largest or mean value of each window of x [N,C,H,W]; padding is never the largest, and adds 0 to a mean. */
enum { LPDNN_POOL_X = 0 };
enum { LPDNN_POOL_KIND_MAX = 0, LPDNN_POOL_KIND_AVERAGE = 1 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 out_height;
    lpdnn_s32 out_width;
    lpdnn_s32 kind;
    lpdnn_s32 kernel[2];
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 count_padding;
} lpdnn_pool_spec;

/* y = (shift + scale x)^power. */
enum { LPDNN_POWER_X = 0 };
typedef struct {
    lpdnn_s32 count;
    float power;
    float scale;
    float shift;
} lpdnn_power_spec;

/* y = x above zero, slope x below, with a slope [C] for each channel of x [N,C,...], or [1] for all. */
enum { LPDNN_PRELU_X = 0, LPDNN_PRELU_SLOPE = 1 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 inner;
} lpdnn_prelu_spec;

/* y = scale x + bias, where scale and bias have the shape of x's axes from `axis` on, or rank 0. */
enum { LPDNN_SCALE_X = 0, LPDNN_SCALE_SCALE = 1, LPDNN_SCALE_BIAS = 2 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_activation activation;
} lpdnn_scale_spec;

/* e^x divided by its sum along an axis. */
enum { LPDNN_SOFTMAX_X = 0 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
} lpdnn_softmax_spec;

#endif
