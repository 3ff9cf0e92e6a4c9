/* ReLU with a slope below zero for each channel. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_prelu_f32_nchw__ref;

LpdnnStatus lpdnn_prelu_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                      void *workspace)
{
    const lpdnn_prelu_spec *s = spec;
    const float *x = in[LPDNN_PRELU_X];         /* [N][C][inner]; a slope for all makes N and C 1 */
    const float *slope = in[LPDNN_PRELU_SLOPE]; /* [C] */
    float *y = out[0];                          /* [N][C][inner], may be x */
    lpdnn_s32 n, c, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (c = 0; c < s->channels; c++) {
            float factor = slope[c];

            for (i = 0; i < s->inner; i++) {
                y[i] = x[i] > 0.0f ? x[i] : factor * x[i];
            }
            x += s->inner;
            y += s->inner;
        }
    }
    return LPDNN_OK;
}
