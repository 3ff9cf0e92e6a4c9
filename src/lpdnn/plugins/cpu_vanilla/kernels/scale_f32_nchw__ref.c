/* Multiplication of an axis, or a few, by factors. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_scale_f32_nchw__ref;

LpdnnStatus lpdnn_scale_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                      void *workspace)
{
    const lpdnn_scale_spec *s = spec;
    const float *x = in[LPDNN_SCALE_X];         /* [outer][size][inner] */
    const float *scale = in[LPDNN_SCALE_SCALE]; /* [size] */
    const float *bias = in[LPDNN_SCALE_BIAS];   /* [size] or null */
    float *y = out[0];                          /* [outer][size][inner], may be x */
    lpdnn_s32 o, j, i;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (j = 0; j < s->size; j++) {
            float factor = scale[j];
            float shift = bias ? bias[j] : 0.0f;

            for (i = 0; i < s->inner; i++) {
                y[i] = factor * x[i] + shift;
            }
            for (i = 0; s->activation.kind != LPDNN_ACTIVATION_IDENTITY && i < s->inner; i++) {
                y[i] = lpdnn_activate(&s->activation, y[i]);
            }
            x += s->inner;
            y += s->inner;
        }
    }
    return LPDNN_OK;
}
