/* Convolution from nchw8c to nchw. */
#include "any_layout.h"

ANY_LAYOUT_CONV(lpdnn_conv2d_f32_nchw8c_nchw__test, NCHW8C, NCHW)
