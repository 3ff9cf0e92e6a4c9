/* Convolution from nhwc to nchw8c. */
#include "any_layout.h"

ANY_LAYOUT_CONV(lpdnn_conv2d_f32_nhwc_nchw8c__test, NHWC, NCHW8C)
