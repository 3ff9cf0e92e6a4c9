/* Sum of tensors in any one layout. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_eltwise_f32_any__test;

LpdnnStatus lpdnn_eltwise_f32_any__test(const void *spec, const void *const *in, void *const *out,
                                        void *workspace)
{
    const lpdnn_eltwise_spec *s = spec;
    float *y = out[0];
    lpdnn_s32 i, k;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        float sum = 0.0f;

        for (k = 0; k < s->inputs; k++) {
            sum += ((const float *)in[k])[i];
        }
        y[i] = lpdnn_activate(&s->activation, sum);
    }
    return LPDNN_OK;
}
