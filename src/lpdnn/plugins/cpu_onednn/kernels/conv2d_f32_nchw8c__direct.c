/* Convolution by oneDNN on images in nchw8c. */
#include "onednn_conv.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    (void)workspace;
    return onednn_conv(spec, in, out, dnnl_nChw8c, onednn_results(spec, 8));
}
