/* Softmax of the channels of each pixel. Constant: VL. */
#include "softmax_rows.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    (void)workspace;
    softmax_rows(spec, in[LPDNN_SOFTMAX_X], out[0]); /* both [rows][size]; may be the same */
    return LPDNN_OK;
}
