/* Convolution from nhwc to nhwc. */
#include "any_layout.h"

ANY_LAYOUT_CONV(lpdnn_conv2d_f32_nhwc__test, NHWC, NHWC)
