/* ReLU and clipping by XNNPACK. */
#include "xnnpack.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_activation_spec *s = spec;
    const xnnpack_api *api = xnnpack();
    xnnpack_operator *made = api ? xnnpack_place(s, 0) : 0;
    float low, high;

    (void)workspace;
    return xnnpack_limits(&s->function, &low, &high) && made &&
                   (*made || api->create_clamp(1, 1, 1, low, high, 0, made) == 0) &&
                   api->setup_clamp(*made, (size_t)s->count, in[LPDNN_ACTIVATION_X], out[0], 0) == 0 &&
                   api->run(*made, 0) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}
