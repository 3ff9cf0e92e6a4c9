/* Pooling by oneDNN on images in nchw16c. */
#include "onednn_pool.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    (void)workspace;
    return onednn_pool(spec, in, out, dnnl_nChw16c);
}
