/* Convolution from nchw to nhwc. */
#include "any_layout.h"

ANY_LAYOUT_CONV(lpdnn_conv2d_f32_nchw_nhwc__test, NCHW, NHWC)
