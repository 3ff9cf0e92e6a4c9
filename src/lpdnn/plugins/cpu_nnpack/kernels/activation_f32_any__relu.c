/* ReLU by NNPACK. */
#include "nnpack_whole.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_activation_spec *s = spec;
    const nnpack_layers *nnpack = nnpack_whole();

    (void)workspace;
    return nnpack && nnpack->relu(1, (size_t)s->count, in[LPDNN_ACTIVATION_X], out[0], s->function.alpha,
                                  0) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}
