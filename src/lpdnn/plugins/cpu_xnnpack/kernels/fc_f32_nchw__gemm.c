/* Fully connected layer by XNNPACK. */
#include "xnnpack.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    const xnnpack_api *api = xnnpack();
    const float *weight = in[LPDNN_FC_WEIGHT]; /* [M][K] */
    const float *bias = in[LPDNN_FC_BIAS];     /* [M] or null */
    const size_t inputs = (size_t)s->inputs;
    const size_t outputs = (size_t)s->outputs;
    float *y = out[0]; /* [N][M] */
    xnnpack_operator *made = api ? xnnpack_place(s, weight) : 0;
    float low, high;
    const int fused = xnnpack_limits(&s->activation, &low, &high);
    lpdnn_s32 i;

    (void)workspace;
    if (!made ||
        (!*made &&
         api->create_connected(inputs, outputs, inputs, outputs, weight, bias, low, high, 0, made) != 0) ||
        api->setup_connected(*made, (size_t)s->batch, in[LPDNN_FC_X], y, 0) != 0 || api->run(*made, 0) != 0) {
        return LPDNN_ERROR_KERNEL;
    }
    for (i = 0; i < s->batch * s->outputs && !fused; i++) {
        y[i] = lpdnn_activate(&s->activation, y[i]);
    }
    return LPDNN_OK;
}
