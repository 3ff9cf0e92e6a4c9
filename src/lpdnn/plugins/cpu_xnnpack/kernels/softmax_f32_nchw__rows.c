/* Softmax over rows by XNNPACK. */
#include "xnnpack.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_softmax_spec *s = spec; /* inner is 1 */
    const xnnpack_api *api = xnnpack();
    const size_t size = (size_t)s->size;
    xnnpack_operator *made = api ? xnnpack_place(s, 0) : 0;

    (void)workspace;
    return made && (*made || api->create_softmax(size, size, size, 0, made) == 0) &&
                   api->setup_softmax(*made, (size_t)s->outer, in[LPDNN_SOFTMAX_X], out[0], 0) == 0 &&
                   api->run(*made, 0) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}
