/* Convolution of s8 or u8 in nhwc, by AMX. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qconv2d_s8_nhwc__tiles_amx
#endif
#include "qconv_tiles.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    (void)spec;
    return convolve(in[LPDNN_QCONV2D_X], in[LPDNN_QCONV2D_WEIGHT], in[LPDNN_QCONV2D_MULTIPLIER],
                    in[LPDNN_QCONV2D_SHIFT], out[0], workspace);
}
