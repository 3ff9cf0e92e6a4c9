/* Softmax over rows by NNPACK. */
#include "nnpack_whole.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_softmax_spec *s = spec; /* inner is 1 */
    const nnpack_layers *nnpack = nnpack_whole();

    (void)workspace;
    return nnpack && nnpack->softmax((size_t)s->outer, (size_t)s->size, in[LPDNN_SOFTMAX_X], out[0], 0) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}
