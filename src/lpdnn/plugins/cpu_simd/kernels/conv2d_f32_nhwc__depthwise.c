/* Depthwise convolution in nhwc: see conv_depthwise.h, which has its constants. */
#include "conv_depthwise.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;

    all_images(in[LPDNN_CONV2D_X], workspace, in[LPDNN_CONV2D_WEIGHT], in[LPDNN_CONV2D_BIAS], out[0],
               &s->activation);
    return LPDNN_OK;
}
