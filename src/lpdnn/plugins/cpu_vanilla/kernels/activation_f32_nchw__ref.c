/* A scalar function of every element. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_activation_f32_nchw__ref;

LpdnnStatus lpdnn_activation_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                           void *workspace)
{
    const lpdnn_activation_spec *s = spec;
    const float *x = in[LPDNN_ACTIVATION_X]; /* [count] */
    float *y = out[0];                       /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = lpdnn_activate(&s->function, x[i]);
    }
    return LPDNN_OK;
}
