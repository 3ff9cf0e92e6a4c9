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
    LPDNN_ACTIVATION_SWISH = 11,
    LPDNN_ACTIVATION_HARD_SIGMOID = 12,
    LPDNN_ACTIVATION_HARD_SWISH = 13,
    LPDNN_ACTIVATION_GELU = 14,
    LPDNN_ACTIVATION_GELU_TANH = 15,
    LPDNN_ACTIVATION_MISH = 16,
    LPDNN_ACTIVATION_SOFTSIGN = 17
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
    lpdnn_s32 smallest;
    lpdnn_s32 first_index;
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

/* f(a, b) of each pair of elements; an axis of extent 1, or none, is stretched (as numpy does). */
enum { LPDNN_BINARY_A = 0, LPDNN_BINARY_B = 1 };
enum { LPDNN_BINARY_KIND_ADD = 0, LPDNN_BINARY_KIND_SUB = 1, LPDNN_BINARY_KIND_MUL = 2, LPDNN_BINARY_KIND_DIV = 3, LPDNN_BINARY_KIND_MAX = 4, LPDNN_BINARY_KIND_MIN = 5, LPDNN_BINARY_KIND_POW = 6, LPDNN_BINARY_KIND_MOD = 7, LPDNN_BINARY_KIND_FMOD = 8, LPDNN_BINARY_KIND_EQUAL = 9, LPDNN_BINARY_KIND_LESS = 10, LPDNN_BINARY_KIND_LESS_EQUAL = 11 };
typedef struct {
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 a_strides_count;
    const lpdnn_s32 *a_strides;
    lpdnn_s32 b_strides_count;
    const lpdnn_s32 *b_strides;
    lpdnn_s32 kind;
    lpdnn_activation activation;
} lpdnn_binary_spec;

/* Boxes decoded from anchors (y, x, h, w), best first, without those that a better one overlaps. */
enum { LPDNN_BOX_DETECTION_X = 0, LPDNN_BOX_DETECTION_SCORES = 1, LPDNN_BOX_DETECTION_ANCHORS = 2 };
typedef struct {
    lpdnn_s32 boxes;
    lpdnn_s32 code;
    lpdnn_s32 columns;
    lpdnn_s32 classes;
    lpdnn_s32 most;
    lpdnn_s32 per_box;
    lpdnn_s32 per_class;
    float threshold;
    float overlap;
    float scales[4];
    lpdnn_s32 by_class;
} lpdnn_box_detection_spec;

/* Tensors one behind the other along an axis. */
enum { LPDNN_CONCAT_X = 0 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 inner;
    lpdnn_s32 sizes_count;
    const lpdnn_s32 *sizes;
} lpdnn_concat_spec;

/* Convolution of x [N,C,H,W] with weight [M,C/groups,KH,KW] and bias [M]; groups == C is depthwise. */
enum { LPDNN_CONV2D_X = 0, LPDNN_CONV2D_WEIGHT = 1, LPDNN_CONV2D_BIAS = 2, LPDNN_CONV2D_SLOPE = 3, LPDNN_CONV2D_ADDEND = 4 };
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

/* conv2d with weight [M,C/groups,KH,KW] in a codebook [books,2^bits,vector], packed `indices` into it. */
enum { LPDNN_CONV2D_CODEBOOK_X = 0, LPDNN_CONV2D_CODEBOOK_INDICES = 1, LPDNN_CONV2D_CODEBOOK_CODEBOOK = 2, LPDNN_CONV2D_CODEBOOK_SCALE = 3, LPDNN_CONV2D_CODEBOOK_BIAS = 4 };
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
    lpdnn_s32 books;
    lpdnn_s32 vector;
    lpdnn_s32 bits;
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 dilation[2];
    lpdnn_s32 groups;
    lpdnn_activation activation;
} lpdnn_conv2d_codebook_spec;

/* The convolution of `conv2d`, bit by bit: products are added one by one, rows first, then columns and channels. */
enum { LPDNN_CONV2D_ORDERED_X = 0, LPDNN_CONV2D_ORDERED_WEIGHT = 1, LPDNN_CONV2D_ORDERED_BIAS = 2 };
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
} lpdnn_conv2d_ordered_spec;

/* Convolution of x [N,C,D,H,W] with weight [M,C/groups,KD,KH,KW] and bias [M]. */
enum { LPDNN_CONV3D_X = 0, LPDNN_CONV3D_WEIGHT = 1, LPDNN_CONV3D_BIAS = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 filters;
    lpdnn_s32 sizes_count;
    const lpdnn_s32 *sizes;
    lpdnn_s32 kernel_count;
    const lpdnn_s32 *kernel;
    lpdnn_s32 out_sizes_count;
    const lpdnn_s32 *out_sizes;
    lpdnn_s32 stride[3];
    lpdnn_s32 before[3];
    lpdnn_s32 dilation[3];
    lpdnn_s32 groups;
    lpdnn_activation activation;
} lpdnn_conv3d_spec;

/* The same tensor [N,C,H,W] in another order of memory; a last block of channels is filled up with 0. */
enum { LPDNN_CONVERT_X = 0 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 pixels;
} lpdnn_convert_spec;

/* Sum or product of an element and all before it along an axis; without itself where `exclusive`. */
enum { LPDNN_CUMULATE_X = 0 };
enum { LPDNN_CUMULATE_KIND_SUM = 0, LPDNN_CUMULATE_KIND_PRODUCT = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 kind;
    lpdnn_s32 exclusive;
    lpdnn_s32 reverse;
} lpdnn_cumulate_spec;

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

/* scale * (x - zero) as floating point; x is s8, u8, s16 or s32. */
enum { LPDNN_DEQUANTIZE_X = 0 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 type;
    float scale;
    lpdnn_s32 zero;
} lpdnn_dequantize_spec;

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

/* y = x * (factor * scale) + bias, or (x * factor) * scale + bias where `early`, each step rounded to fp32. */
enum { LPDNN_DYNAMIC_REAL_X = 0, LPDNN_DYNAMIC_REAL_SCALE = 1, LPDNN_DYNAMIC_REAL_FACTOR = 2, LPDNN_DYNAMIC_REAL_BIAS = 3 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 channels;
    lpdnn_s32 inner;
    lpdnn_s32 early;
} lpdnn_dynamic_real_spec;

/* Integers within [low, 127] that x stands for, less the zero point; scale [...,3] is a dynamic_scale of x. */
enum { LPDNN_DYNAMIC_ROUND_X = 0, LPDNN_DYNAMIC_ROUND_SCALE = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 inner;
    float low;
} lpdnn_dynamic_round_spec;

/* Of each slice of x before `axis` the scale, its inverse and the zero point of its 8-bit integers: y [...,3]. */
enum { LPDNN_DYNAMIC_SCALE_X = 0 };
enum { LPDNN_DYNAMIC_SCALE_KIND_ABOUT_ZERO = 0, LPDNN_DYNAMIC_SCALE_KIND_BETWEEN = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 inner;
    lpdnn_s32 kind;
} lpdnn_dynamic_scale_spec;

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

/* x repeated to a shape: axes count from the last, those of extent 1 or missing are repeated. */
enum { LPDNN_EXPAND_X = 0 };
typedef struct {
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
} lpdnn_expand_spec;

/* Product of weight [M,K] with the axes of x from `axis` on, seen as one vector of K; bias [M]. */
enum { LPDNN_FC_X = 0, LPDNN_FC_WEIGHT = 1, LPDNN_FC_BIAS = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 inputs;
    lpdnn_s32 outputs;
    lpdnn_activation activation;
} lpdnn_fc_spec;

/* fc with weight [M,K] in a codebook [books,2^bits,vector], and packed `indices` [M,K/vector] into it. */
enum { LPDNN_FC_CODEBOOK_X = 0, LPDNN_FC_CODEBOOK_INDICES = 1, LPDNN_FC_CODEBOOK_CODEBOOK = 2, LPDNN_FC_CODEBOOK_SCALE = 3, LPDNN_FC_CODEBOOK_BIAS = 4 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 inputs;
    lpdnn_s32 outputs;
    lpdnn_s32 books;
    lpdnn_s32 vector;
    lpdnn_s32 bits;
    lpdnn_activation activation;
} lpdnn_fc_codebook_spec;

/* x[..., i, ...] for every index i: the axis is replaced by the axes of the indices. */
enum { LPDNN_GATHER_X = 0, LPDNN_GATHER_INDEX = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 count;
} lpdnn_gather_spec;

/* y[i,j,k] = x[i, index[i,j,k], k] for axis 1; along the other axes the index is no longer than x. */
enum { LPDNN_GATHER_ELEMENTS_X = 0, LPDNN_GATHER_ELEMENTS_INDEX = 1 };
typedef struct {
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
    lpdnn_s32 size;
    lpdnn_s32 stride;
    lpdnn_s32 axis;
} lpdnn_gather_elements_spec;

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

/* a [...,M,K] times b [...,K,N]; the axes before are stretched to one another. */
enum { LPDNN_MATMUL_A = 0, LPDNN_MATMUL_B = 1 };
typedef struct {
    lpdnn_s32 rows;
    lpdnn_s32 inner;
    lpdnn_s32 columns;
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 a_strides_count;
    const lpdnn_s32 *a_strides;
    lpdnn_s32 b_strides_count;
    const lpdnn_s32 *b_strides;
    lpdnn_activation activation;
} lpdnn_matmul_spec;

/* y = (x - mean) / (deviation + epsilon) of each channel, or across_channels of each image. */
enum { LPDNN_MVN_X = 0 };
typedef struct {
    lpdnn_s32 rows;
    lpdnn_s32 size;
    lpdnn_s32 normalize_variance;
    lpdnn_s32 across_channels;
    float epsilon;
    lpdnn_s32 epsilon_in_root;
} lpdnn_mvn_spec;

/* Rows (image, class, box) of the boxes [N,B,4] that are kept for each class of scores [N,C,B]. */
enum { LPDNN_NON_MAX_SUPPRESSION_BOXES = 0, LPDNN_NON_MAX_SUPPRESSION_SCORES = 1 };
typedef struct {
    lpdnn_s32 images;
    lpdnn_s32 boxes;
    lpdnn_s32 classes;
    lpdnn_s32 rows;
    lpdnn_s32 most;
    float overlap;
    float threshold;
    lpdnn_s32 centers;
} lpdnn_non_max_suppression_spec;

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

/* x with `before` and `after` elements of `value` around it, one number of each for every axis. */
enum { LPDNN_PAD_X = 0 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 offset;
    lpdnn_s32 whole;
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
    float value;
} lpdnn_pad_spec;

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

/* Largest value, mean or p-norm of each window over all axes of x [N,C,...] but the first two. */
enum { LPDNN_POOL_ND_X = 0 };
enum { LPDNN_POOL_ND_KIND_MAX = 0, LPDNN_POOL_ND_KIND_AVERAGE = 1, LPDNN_POOL_ND_KIND_NORM = 2, LPDNN_POOL_ND_KIND_MAX_INDEX = 3 };
typedef struct {
    lpdnn_s32 planes;
    lpdnn_s32 sizes_count;
    const lpdnn_s32 *sizes;
    lpdnn_s32 out_sizes_count;
    const lpdnn_s32 *out_sizes;
    lpdnn_s32 window_count;
    const lpdnn_s32 *window;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
    lpdnn_s32 gaps_count;
    const lpdnn_s32 *gaps;
    lpdnn_s32 padding_before_count;
    const lpdnn_s32 *padding_before;
    lpdnn_s32 padding_after_count;
    const lpdnn_s32 *padding_after;
    lpdnn_s32 kind;
    lpdnn_s32 count_padding;
    lpdnn_s32 p;
} lpdnn_pool_nd_spec;

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

/* Sum of tensors x of one shape: of each, (x - zero) * 2^left is rescaled; the sum is rescaled again. */
enum { LPDNN_QADD_X = 0 };
enum { LPDNN_QADD_ROUNDING_SINGLE = 0, LPDNN_QADD_ROUNDING_DOUBLE = 1, LPDNN_QADD_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 inputs;
    lpdnn_s32 count;
    lpdnn_s32 zeros_count;
    const lpdnn_s32 *zeros;
    lpdnn_s32 multipliers_count;
    const lpdnn_s32 *multipliers;
    lpdnn_s32 shifts_count;
    const lpdnn_s32 *shifts;
    lpdnn_s32 left;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qadd_spec;

/* Convolution of integers: y = y_zero + (sum (x - x_zero) * weight + bias) * multiplier * 2^(shift - 31). */
enum { LPDNN_QCONV2D_X = 0, LPDNN_QCONV2D_WEIGHT = 1, LPDNN_QCONV2D_MULTIPLIER = 2, LPDNN_QCONV2D_SHIFT = 3, LPDNN_QCONV2D_BIAS = 4 };
enum { LPDNN_QCONV2D_ROUNDING_SINGLE = 0, LPDNN_QCONV2D_ROUNDING_DOUBLE = 1, LPDNN_QCONV2D_ROUNDING_FLOAT = 2 };
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
    lpdnn_s32 factors;
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 dilation[2];
    lpdnn_s32 groups;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qconv2d_spec;

/* qconv2d with weight in a codebook [books,2^bits,vector] of s8 or s16, and packed `indices` into it. */
enum { LPDNN_QCONV2D_CODEBOOK_X = 0, LPDNN_QCONV2D_CODEBOOK_INDICES = 1, LPDNN_QCONV2D_CODEBOOK_CODEBOOK = 2, LPDNN_QCONV2D_CODEBOOK_MULTIPLIER = 3, LPDNN_QCONV2D_CODEBOOK_SHIFT = 4, LPDNN_QCONV2D_CODEBOOK_BIAS = 5 };
enum { LPDNN_QCONV2D_CODEBOOK_ROUNDING_SINGLE = 0, LPDNN_QCONV2D_CODEBOOK_ROUNDING_DOUBLE = 1, LPDNN_QCONV2D_CODEBOOK_ROUNDING_FLOAT = 2 };
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
    lpdnn_s32 factors;
    lpdnn_s32 books;
    lpdnn_s32 vector;
    lpdnn_s32 bits;
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 dilation[2];
    lpdnn_s32 groups;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qconv2d_codebook_spec;

/* Deconvolution of integers: y = y_zero + (sum (x - x_zero) * weight + bias) * multiplier * 2^(shift - 31). */
enum { LPDNN_QDECONV2D_X = 0, LPDNN_QDECONV2D_WEIGHT = 1, LPDNN_QDECONV2D_MULTIPLIER = 2, LPDNN_QDECONV2D_SHIFT = 3, LPDNN_QDECONV2D_BIAS = 4 };
enum { LPDNN_QDECONV2D_ROUNDING_SINGLE = 0, LPDNN_QDECONV2D_ROUNDING_DOUBLE = 1, LPDNN_QDECONV2D_ROUNDING_FLOAT = 2 };
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
    lpdnn_s32 factors;
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 dilation[2];
    lpdnn_s32 groups;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qdeconv2d_spec;

/* detection_output of integers: loc and conf are s8, u8 or s16; rows of the result are s32. */
enum { LPDNN_QDETECTION_OUTPUT_LOC = 0, LPDNN_QDETECTION_OUTPUT_CONF = 1, LPDNN_QDETECTION_OUTPUT_PRIORS = 2, LPDNN_QDETECTION_OUTPUT_POWERS = 3 };
enum { LPDNN_QDETECTION_OUTPUT_CODE_TYPE_CORNER = 0, LPDNN_QDETECTION_OUTPUT_CODE_TYPE_CENTER_SIZE = 1, LPDNN_QDETECTION_OUTPUT_CODE_TYPE_CORNER_SIZE = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 priors;
    lpdnn_s32 candidates;
    lpdnn_s32 kept;
    lpdnn_s32 rows;
    lpdnn_s32 loc_type;
    lpdnn_s32 conf_type;
    lpdnn_s32 num_classes;
    lpdnn_s32 score;
    lpdnn_s32 score_shift;
    lpdnn_s32 code_shift;
    lpdnn_s32 share_location;
    lpdnn_s32 background_label;
    lpdnn_s32 code_type;
    lpdnn_s32 loc_zero;
    lpdnn_s32 conf_zero;
    lpdnn_s32 confidence;
    lpdnn_s32 nms_threshold;
    lpdnn_s32 nms_eta;
} lpdnn_qdetection_output_spec;

/* Product of weight [M,K] with x from `axis` on, of integers: see qconv2d, of which it is a case. */
enum { LPDNN_QFC_X = 0, LPDNN_QFC_WEIGHT = 1, LPDNN_QFC_MULTIPLIER = 2, LPDNN_QFC_SHIFT = 3, LPDNN_QFC_BIAS = 4 };
enum { LPDNN_QFC_ROUNDING_SINGLE = 0, LPDNN_QFC_ROUNDING_DOUBLE = 1, LPDNN_QFC_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 inputs;
    lpdnn_s32 outputs;
    lpdnn_s32 factors;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qfc_spec;

/* qfc with weight [M,K] in a codebook [books,2^bits,vector] of s8 or s16, and packed `indices` into it. */
enum { LPDNN_QFC_CODEBOOK_X = 0, LPDNN_QFC_CODEBOOK_INDICES = 1, LPDNN_QFC_CODEBOOK_CODEBOOK = 2, LPDNN_QFC_CODEBOOK_MULTIPLIER = 3, LPDNN_QFC_CODEBOOK_SHIFT = 4, LPDNN_QFC_CODEBOOK_BIAS = 5 };
enum { LPDNN_QFC_CODEBOOK_ROUNDING_SINGLE = 0, LPDNN_QFC_CODEBOOK_ROUNDING_DOUBLE = 1, LPDNN_QFC_CODEBOOK_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 inputs;
    lpdnn_s32 outputs;
    lpdnn_s32 factors;
    lpdnn_s32 books;
    lpdnn_s32 vector;
    lpdnn_s32 bits;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qfc_codebook_spec;

/* A function of every element, from a table, the entries of which are of the result's type. */
enum { LPDNN_QLUT_X = 0, LPDNN_QLUT_TABLE = 1 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 least;
} lpdnn_qlut_spec;

/* y_zero + (a - a_zero) * (b - b_zero) * multiplier * 2^(shift - 31), within [low, high]. */
enum { LPDNN_QMUL_A = 0, LPDNN_QMUL_B = 1 };
enum { LPDNN_QMUL_ROUNDING_SINGLE = 0, LPDNN_QMUL_ROUNDING_DOUBLE = 1, LPDNN_QMUL_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 a_strides_count;
    const lpdnn_s32 *a_strides;
    lpdnn_s32 b_strides_count;
    const lpdnn_s32 *b_strides;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 a_zero;
    lpdnn_s32 b_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qmul_spec;

/* y_zero + (x - x_zero) * f(s) * multiplier * 2^(shift - 31), within [low, high]. */
enum { LPDNN_QNORM_X = 0, LPDNN_QNORM_TABLE = 1, LPDNN_QNORM_MULTIPLIER = 2, LPDNN_QNORM_SHIFT = 3 };
enum { LPDNN_QNORM_REGION_ACROSS_CHANNELS = 0, LPDNN_QNORM_REGION_WITHIN_CHANNEL = 1, LPDNN_QNORM_REGION_ALL_CHANNELS = 2, LPDNN_QNORM_REGION_IMAGE = 3 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 factors;
    lpdnn_s32 region;
    lpdnn_s32 size;
    lpdnn_s32 drop;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
} lpdnn_qnorm_spec;

/* Mean of each window of x [N,C,H,W]: y_zero + m * multiplier * 2^(shift - 31), within [low, high]. */
enum { LPDNN_QPOOL_X = 0 };
enum { LPDNN_QPOOL_ROUNDING_SINGLE = 0, LPDNN_QPOOL_ROUNDING_DOUBLE = 1, LPDNN_QPOOL_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 out_height;
    lpdnn_s32 out_width;
    lpdnn_s32 kernel[2];
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 count_padding;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 left;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qpool_spec;

/* y_zero + (x - x_zero) * k * m * 2^(s - 31), within [low, high]. */
enum { LPDNN_QPRELU_X = 0, LPDNN_QPRELU_SLOPE = 1, LPDNN_QPRELU_MULTIPLIER = 2, LPDNN_QPRELU_SHIFT = 3 };
enum { LPDNN_QPRELU_ROUNDING_SINGLE = 0, LPDNN_QPRELU_ROUNDING_DOUBLE = 1, LPDNN_QPRELU_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 inner;
    lpdnn_s32 above;
    lpdnn_s32 above_shift;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_qprelu_spec;

/* x [N,C,H,W] sampled at height x width places, bilinearly between four pixels, rounded to the nearest. */
enum { LPDNN_QRESIZE_X = 0 };
typedef struct {
    lpdnn_s32 planes;
    lpdnn_s32 in_height;
    lpdnn_s32 in_width;
    lpdnn_s32 rows_count;
    const lpdnn_s32 *rows;
    lpdnn_s32 columns_count;
    const lpdnn_s32 *columns;
    lpdnn_s32 height;
    lpdnn_s32 width;
} lpdnn_qresize_spec;

/* x [N,C,H,W] of u8 sampled at height x width places, bilinearly, in single precision; halves go up. */
enum { LPDNN_QRESIZE_SINGLE_X = 0 };
typedef struct {
    lpdnn_s32 planes;
    lpdnn_s32 in_height;
    lpdnn_s32 in_width;
    lpdnn_s32 rows_count;
    const lpdnn_s32 *rows;
    lpdnn_s32 columns_count;
    const lpdnn_s32 *columns;
    lpdnn_s32 centers;
    lpdnn_s32 height;
    lpdnn_s32 width;
} lpdnn_qresize_single_spec;

/* e^x divided by its sum along an axis, of integers, by a table: see `powers`. */
enum { LPDNN_QSOFTMAX_X = 0, LPDNN_QSOFTMAX_POWERS = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
} lpdnn_qsoftmax_spec;

/* The integer nearest to x / scale + zero, ties away from zero before zero is added, within [low, high]. */
enum { LPDNN_QUANTIZE_X = 0 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
} lpdnn_quantize_spec;

/* All elements along some axes folded to one; `keep` leaves those axes with extent 1. */
enum { LPDNN_REDUCE_X = 0 };
enum { LPDNN_REDUCE_KIND_SUM = 0, LPDNN_REDUCE_KIND_MEAN = 1, LPDNN_REDUCE_KIND_MAX = 2, LPDNN_REDUCE_KIND_MIN = 3, LPDNN_REDUCE_KIND_PRODUCT = 4, LPDNN_REDUCE_KIND_L1 = 5, LPDNN_REDUCE_KIND_L2 = 6, LPDNN_REDUCE_KIND_SUM_SQUARE = 7, LPDNN_REDUCE_KIND_LOG_SUM = 8, LPDNN_REDUCE_KIND_LOG_SUM_EXP = 9 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 strides_count;
    const lpdnn_s32 *strides;
    lpdnn_s32 folded_extents_count;
    const lpdnn_s32 *folded_extents;
    lpdnn_s32 folded_strides_count;
    const lpdnn_s32 *folded_strides;
    lpdnn_s32 kind;
} lpdnn_reduce_spec;

/* y_zero + (x - x_zero) * multiplier * 2^(shift - 31), within [low, high]; x is s8, u8, s16 or s32. */
enum { LPDNN_REQUANTIZE_X = 0 };
enum { LPDNN_REQUANTIZE_ROUNDING_SINGLE = 0, LPDNN_REQUANTIZE_ROUNDING_DOUBLE = 1, LPDNN_REQUANTIZE_ROUNDING_FLOAT = 2 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 type;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 x_zero;
    lpdnn_s32 y_zero;
    lpdnn_s32 low;
    lpdnn_s32 high;
    lpdnn_s32 rounding;
} lpdnn_requantize_spec;

/* y[i] = shift[i] + sum over t of weights[i,t] x[places[i,t]] along an axis, with `taps` terms each. */
enum { LPDNN_RESAMPLE_X = 0 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 samples;
    lpdnn_s32 taps;
    lpdnn_s32 places_count;
    const lpdnn_s32 *places;
    lpdnn_s32 weights_count;
    const float *weights;
    lpdnn_s32 shift_count;
    const float *shift;
} lpdnn_resample_spec;

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

/* x rounded to floats of `mantissa` bits behind the leading one, which is worth 2^`least` or more. */
enum { LPDNN_ROUND_TO_FLOAT_X = 0 };
enum { LPDNN_ROUND_TO_FLOAT_WAY_EVEN = 0, LPDNN_ROUND_TO_FLOAT_WAY_AWAY = 1, LPDNN_ROUND_TO_FLOAT_WAY_UP = 2, LPDNN_ROUND_TO_FLOAT_WAY_DOWN = 3 };
enum { LPDNN_ROUND_TO_FLOAT_BEYOND_LARGEST = 0, LPDNN_ROUND_TO_FLOAT_BEYOND_INFINITY = 1, LPDNN_ROUND_TO_FLOAT_BEYOND_NAN = 2 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 mantissa;
    lpdnn_s32 least;
    float largest;
    lpdnn_s32 way;
    lpdnn_s32 beyond;
} lpdnn_round_to_float_spec;

/* y = x rounded to the grid [4] of scale, 1 / scale, least and greatest step; scale 0 leaves x as it is. */
enum { LPDNN_ROUND_TO_GRID_X = 0, LPDNN_ROUND_TO_GRID_GRID = 1 };
typedef struct {
    lpdnn_s32 count;
} lpdnn_round_to_grid_spec;

/* y = scale x + bias, where scale and bias have the shape of x's axes from `axis` on, or rank 0. */
enum { LPDNN_SCALE_X = 0, LPDNN_SCALE_SCALE = 1, LPDNN_SCALE_BIAS = 2 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_activation activation;
} lpdnn_scale_spec;

/* Depthwise convolution and the pointwise ones around it, of x [N,C,H,W], in bands of rows. */
enum { LPDNN_SEPARABLE_X = 0, LPDNN_SEPARABLE_WEIGHT = 1, LPDNN_SEPARABLE_PROJECT = 2, LPDNN_SEPARABLE_BIAS = 3, LPDNN_SEPARABLE_PROJECT_BIAS = 4, LPDNN_SEPARABLE_EXPAND = 5, LPDNN_SEPARABLE_EXPAND_BIAS = 6, LPDNN_SEPARABLE_ADDEND = 7 };
typedef struct {
    lpdnn_s32 batch;
    lpdnn_s32 channels;
    lpdnn_s32 height;
    lpdnn_s32 width;
    lpdnn_s32 middle;
    lpdnn_s32 filters;
    lpdnn_s32 kernel_h;
    lpdnn_s32 kernel_w;
    lpdnn_s32 out_height;
    lpdnn_s32 out_width;
    lpdnn_s32 stride[2];
    lpdnn_s32 padding[4];
    lpdnn_s32 dilation[2];
    lpdnn_activation expanded;
    lpdnn_activation filtered;
    lpdnn_activation activation;
} lpdnn_separable_spec;

/* Sigmoid, or tanh, of x times multiplier / 2^shift / (3 * 4096); results are of 2^-15, s16. */
enum { LPDNN_SIGMOID_CURVE_X = 0, LPDNN_SIGMOID_CURVE_CURVE = 1 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
    lpdnn_s32 tanh;
} lpdnn_sigmoid_curve_spec;

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

/* e^x divided by its sum along an axis, of 16-bit integers: y stands for 1/32768 of each step. */
enum { LPDNN_SOFTMAX_CURVES_X = 0, LPDNN_SOFTMAX_CURVES_POWERS = 1, LPDNN_SOFTMAX_CURVES_RECIPROCALS = 2 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 multiplier;
    lpdnn_s32 shift;
} lpdnn_softmax_curves_spec;

/* e^x divided by its sum along an axis, of 8-bit integers: y stands for 1/256 of each step from its least. */
enum { LPDNN_SOFTMAX_FIXED_X = 0, LPDNN_SOFTMAX_FIXED_POWERS = 1 };
typedef struct {
    lpdnn_s32 outer;
    lpdnn_s32 size;
    lpdnn_s32 inner;
    lpdnn_s32 least;
    lpdnn_s32 most;
} lpdnn_softmax_fixed_spec;

/* A rarer scalar function of every element; round goes to the even neighbour, tests give 1 or 0. */
enum { LPDNN_UNARY_X = 0 };
enum { LPDNN_UNARY_KIND_FLOOR = 0, LPDNN_UNARY_KIND_CEIL = 1, LPDNN_UNARY_KIND_ROUND = 2, LPDNN_UNARY_KIND_TRUNC = 3, LPDNN_UNARY_KIND_SIGN = 4, LPDNN_UNARY_KIND_NONZERO = 5, LPDNN_UNARY_KIND_IS_NAN = 6, LPDNN_UNARY_KIND_IS_INF = 7, LPDNN_UNARY_KIND_ERF = 8, LPDNN_UNARY_KIND_SIN = 9, LPDNN_UNARY_KIND_COS = 10, LPDNN_UNARY_KIND_TAN = 11, LPDNN_UNARY_KIND_ASIN = 12, LPDNN_UNARY_KIND_ACOS = 13, LPDNN_UNARY_KIND_ATAN = 14, LPDNN_UNARY_KIND_SINH = 15, LPDNN_UNARY_KIND_COSH = 16, LPDNN_UNARY_KIND_ASINH = 17, LPDNN_UNARY_KIND_ACOSH = 18, LPDNN_UNARY_KIND_ATANH = 19 };
typedef struct {
    lpdnn_s32 count;
    lpdnn_s32 kind;
} lpdnn_unary_spec;

/* a where the condition is not zero, else b; axes of extent 1 are stretched. */
enum { LPDNN_WHERE_CONDITION = 0, LPDNN_WHERE_A = 1, LPDNN_WHERE_B = 2 };
typedef struct {
    lpdnn_s32 extents_count;
    const lpdnn_s32 *extents;
    lpdnn_s32 condition_strides_count;
    const lpdnn_s32 *condition_strides;
    lpdnn_s32 a_strides_count;
    const lpdnn_s32 *a_strides;
    lpdnn_s32 b_strides_count;
    const lpdnn_s32 *b_strides;
} lpdnn_where_spec;

#endif
