/* Convolution by XNNPACK. */
#include "xnnpack.h"

lpdnn_kernel LPDNN_KERNEL;

static int make(const xnnpack_api *api, const lpdnn_conv2d_spec *s, const float *weight, const float *bias,
                float low, float high, xnnpack_operator *made)
{
    return api->create_convolution((uint32_t)s->padding[0], (uint32_t)s->padding[3], (uint32_t)s->padding[2],
                                   (uint32_t)s->padding[1], (uint32_t)s->kernel_h, (uint32_t)s->kernel_w,
                                   (uint32_t)s->stride[0], (uint32_t)s->stride[1], (uint32_t)s->dilation[0],
                                   (uint32_t)s->dilation[1], (uint32_t)s->groups,
                                   (size_t)(s->channels / s->groups), (size_t)(s->filters / s->groups),
                                   (size_t)s->channels, (size_t)s->filters, weight, bias, low, high, 0, made);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const xnnpack_api *api = xnnpack();
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [M][KH][KW][C/g] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];                             /* [N][OH][OW][M] */
    xnnpack_operator *made = api ? xnnpack_place(s, weight) : 0;
    float low, high;
    const int fused = xnnpack_limits(&s->activation, &low, &high);
    lpdnn_s32 i;

    (void)workspace;
    if (!made || (!*made && make(api, s, weight, bias, low, high, made) != 0) ||
        api->setup_convolution(*made, (size_t)s->batch, (size_t)s->height, (size_t)s->width,
                               in[LPDNN_CONV2D_X], y, 0) != 0 ||
        api->run(*made, 0) != 0) {
        return LPDNN_ERROR_KERNEL;
    }
    for (i = 0; i < s->batch * s->out_height * s->out_width * s->filters && !fused; i++) {
        y[i] = lpdnn_activate(&s->activation, y[i]);
    }
    return LPDNN_OK;
}
