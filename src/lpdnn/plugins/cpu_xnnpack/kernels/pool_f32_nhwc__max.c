/* Max pooling by XNNPACK. */
#include "xnnpack.h"

lpdnn_kernel LPDNN_KERNEL;

/* Rows or columns after the image that the last window reaches, or that were asked for. */
static uint32_t after(const lpdnn_pool_spec *s, int axis, lpdnn_s32 size, lpdnn_s32 count)
{
    const lpdnn_s32 reach = (count - 1) * s->stride[axis] + s->kernel[axis] - s->padding[axis] - size;

    return (uint32_t)(reach > s->padding[axis + 2] ? reach : s->padding[axis + 2]);
}

static int make(const xnnpack_api *api, const lpdnn_pool_spec *s, xnnpack_operator *made)
{
    return api->create_pool((uint32_t)s->padding[0], after(s, 1, s->width, s->out_width),
                            after(s, 0, s->height, s->out_height), (uint32_t)s->padding[1],
                            (uint32_t)s->kernel[0], (uint32_t)s->kernel[1], (uint32_t)s->stride[0],
                            (uint32_t)s->stride[1], 1, 1, (size_t)s->channels, (size_t)s->channels,
                            (size_t)s->channels, -__builtin_inff(), __builtin_inff(), 0, made);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_pool_spec *s = spec;
    const xnnpack_api *api = xnnpack();
    xnnpack_operator *made = api ? xnnpack_place(s, 0) : 0;

    (void)workspace;
    return made && (*made || make(api, s, made) == 0) &&
                   api->setup_pool(*made, (size_t)s->batch, (size_t)s->height, (size_t)s->width,
                                   in[LPDNN_POOL_X], out[0], 0) == 0 &&
                   api->run(*made, 0) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}
