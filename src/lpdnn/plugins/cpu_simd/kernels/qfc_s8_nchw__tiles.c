/* Fully connected layer of s8 or u8, by AMX: a convolution of images of one pixel. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qfc_s8_nchw__tiles_amx
#endif
#include "qconv_tiles.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    (void)spec;
    return convolve(in[LPDNN_QFC_X], in[LPDNN_QFC_WEIGHT], in[LPDNN_QFC_MULTIPLIER], in[LPDNN_QFC_SHIFT],
                    out[0], workspace);
}
