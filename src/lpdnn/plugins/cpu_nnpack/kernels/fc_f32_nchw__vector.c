/* Fully connected layer by NNPACK, image by image. */
#include "nnpack_whole.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    const nnpack_layers *nnpack = nnpack_whole();
    const float *weight = in[LPDNN_FC_WEIGHT]; /* [M][K] */
    const float *bias = in[LPDNN_FC_BIAS];     /* [M] or null */
    lpdnn_s32 n, m;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        const float *x = (const float *)in[LPDNN_FC_X] + n * s->inputs; /* [K] */
        float *y = (float *)out[0] + n * s->outputs;                    /* [M] */

        if (!nnpack || nnpack->connected((size_t)s->inputs, (size_t)s->outputs, x, weight, y, 0) != 0) {
            return LPDNN_ERROR_KERNEL;
        }
        for (m = 0; m < s->outputs; m++) {
            y[m] = lpdnn_activate(&s->activation, bias ? y[m] + bias[m] : y[m]);
        }
    }
    return LPDNN_OK;
}
