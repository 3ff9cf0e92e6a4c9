/* Depthwise convolution in nhwc with weights in a codebook: they are looked up into the workspace first.

   Constants: those of conv_depthwise.h; BITS, VECTOR, SCALED, BYTE_PLANES: lookup.h; WEIGHTS: where they lie in the
   workspace, in floats. */
#include "conv_depthwise.h"
#include "lookup.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_codebook_spec *s = spec;
    const lpdnn_u32 *words = in[LPDNN_CONV2D_CODEBOOK_INDICES]; /* [WORDS][VL]: of [BLOCKS][KH][KW] rows */
    const float *scale = in[LPDNN_CONV2D_CODEBOOK_SCALE];       /* [BLOCKS][VL] or null */
    float *weights = (float *)workspace + WEIGHTS;              /* [BLOCKS][KH][KW][VL] */
    lpdnn_s32 row;

    decode(words, in[LPDNN_CONV2D_CODEBOOK_CODEBOOK], 0, weights, BLOCKS * TAPS, 1, 1, 1);
    for (row = 0; SCALED && row < BLOCKS * TAPS; row++) {
        store(weights + row * VL, load(weights + row * VL) * load(scale + row / TAPS * VL));
    }
    all_images(in[LPDNN_CONV2D_CODEBOOK_X], workspace, weights, in[LPDNN_CONV2D_CODEBOOK_BIAS], out[0],
               &s->activation);
    return LPDNN_OK;
}
