/* Convolution from nchw8c to nchw8c. */
#include "any_layout.h"

ANY_LAYOUT_CONV(lpdnn_conv2d_f32_nchw8c__test, NCHW8C, NCHW8C)
