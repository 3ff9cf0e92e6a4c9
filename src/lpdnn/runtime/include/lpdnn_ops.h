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

/* The top_k largest values, first the largest; of equal ones, first the one with the larger index. */
enum { LPDNN_ARG_MAX_X = 0 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 top_k;
    lpdnn_s32 axis;
    lpdnn_s32 with_values;
} lpdnn_arg_max_spec;

/* y = (x - mean) / sqrt(variance + epsilon) over each channel of x [N,C,...]; mean [C], variance [C]. */
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

/* The same tensor [N,C,H,W] in another order of memory; a last block of channels is filled up with 0. */
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

/* Boxes decoded from loc and priors, kept where conf is high and no better box of the class overlaps. */
enum { LPDNN_DETECTION_OUTPUT_LOC = 0, LPDNN_DETECTION_OUTPUT_CONF = 1, LPDNN_DETECTION_OUTPUT_PRIORS = 2 };
enum { LPDNN_DETECTION_OUTPUT_CODE_TYPE_CORNER = 0, LPDNN_DETECTION_OUTPUT_CODE_TYPE_CENTER_SIZE = 1, LPDNN_DETECTION_OUTPUT_CODE_TYPE_CORNER_SIZE = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 priors;
    lpdnn_s32 candidates;
    lpdnn_s32 kept;
    lpdnn_s32 rows;
    lpdnn_s32 num_classes;
    lpdnn_s32 share_location;
    lpdnn_s32 background_label;
    lpdnn_s32 code_type;
    lpdnn_s32 variance_encoded;
    float confidence_threshold;
    float nms_threshold;
    float nms_eta;
} lpdnn_detection_output_spec;

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

/* y = (x - mean) / (deviation + epsilon) of each channel, or across_channels of each image. */
enum { LPDNN_MVN_X = 0 };
typedef struct {
    lpdnn_s32 rows;
    lpdnn_s32 size;
    lpdnn_s32 normalize_variance;
    lpdnn_s32 across_channels;
    float epsilon;
} lpdnn_mvn_spec;

/* y = x / sqrt(sum of x^2 + epsilon) * scale, summed over channels or, across_spatial, over an image. */
enum { LPDNN_NORMALIZE_X = 0, LPDNN_NORMALIZE_SCALE = 1 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 spatial;
    lpdnn_s32 scales;
    lpdnn_s32 across_spatial;
    float epsilon;
} lpdnn_normalize_spec;

/* The elements of x with its axes in another order: axis i of the result is axis order[i] of x. */
enum { LPDNN_PERMUTE_X = 0 };
typedef struct {
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
} lpdnn_permute_spec;

/* Largest or mean value of each window of x [N,C,H,W]; padding is never the largest, and 0 in a mean. */
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

/* Boxes around each pixel of x, relative to the size of image, and their variances: [1,2,H*W*boxes*4]. */
enum { LPDNN_PRIOR_BOX_X = 0, LPDNN_PRIOR_BOX_IMAGE = 1 };
typedef struct {
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 image_height;
    lpdnn_s32 image_width;
    lpdnn_s32 min_sizes_count;
    const float *min_sizes;
    lpdnn_s32 max_sizes_count;
    const float *max_sizes;
    lpdnn_s32 aspect_ratios_count;
    const float *aspect_ratios;
    lpdnn_s32 flip;
    lpdnn_s32 clip;
    lpdnn_s32 variances_count;
    const float *variances;
    float step[2];
    float offset;
} lpdnn_prior_box_spec;

/* The elements of x, in the same row-major order, in another shape. */
enum { LPDNN_RESHAPE_X = 0 };
typedef struct {
    lpdnn_s32 count;
} lpdnn_reshape_spec;

/* x [N,C,H,W] sampled at height x width places, by the nearest pixel or bilinearly between four. */
enum { LPDNN_RESIZE_X = 0 };
enum { LPDNN_RESIZE_MODE_NEAREST = 0, LPDNN_RESIZE_MODE_BILINEAR = 1 };
typedef struct {
    lpdnn_s32 planes;
    lpdnn_s32 in_height;
    lpdnn_s32 in_width;
    lpdnn_s32 row_step;
    lpdnn_s32 row_offset;
    lpdnn_s32 row_divisor;
    lpdnn_s32 column_step;
    lpdnn_s32 column_offset;
    lpdnn_s32 column_divisor;
    lpdnn_s32 mode;
    lpdnn_s32 height;
    lpdnn_s32 width;
} lpdnn_resize_spec;

/* y = scale x + bias, where scale and bias have the shape of x's axes from `axis` on, or rank 0. */
enum { LPDNN_SCALE_X = 0, LPDNN_SCALE_SCALE = 1, LPDNN_SCALE_BIAS = 2 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_activation activation;
} lpdnn_scale_spec;

/* The box of x that starts at index `begin` and has shape `shape`. */
enum { LPDNN_SLICE_X = 0 };
typedef struct {
    lpdnn_s32 offset;
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
} lpdnn_slice_spec;

/* e^x divided by its sum along an axis. */
enum { LPDNN_SOFTMAX_X = 0 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
} lpdnn_softmax_spec;

#endif
