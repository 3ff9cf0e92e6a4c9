/* Max pooling by NNPACK, of images without padding. */
#include "nnpack_whole.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_pool_spec *s = spec;
    const nnpack_layers *nnpack = nnpack_whole();
    const nnpack_extent image = {(size_t)s->width, (size_t)s->height};
    const nnpack_extent kernel = {(size_t)s->kernel[1], (size_t)s->kernel[0]};
    const nnpack_extent stride = {(size_t)s->stride[1], (size_t)s->stride[0]};
    const nnpack_border none = {0, 0, 0, 0};

    (void)workspace;
    return nnpack && nnpack->max_pool((size_t)s->batch, (size_t)s->channels, image, none, kernel, stride,
                                      in[LPDNN_POOL_X], out[0], 0) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}
