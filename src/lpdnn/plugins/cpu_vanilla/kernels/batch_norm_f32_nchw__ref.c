/* Batch normalization with a mean and a variance for each channel. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_batch_norm_f32_nchw__ref;

LpdnnStatus lpdnn_batch_norm_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                           void *workspace)
{
    const lpdnn_batch_norm_spec *s = spec;
    const float *x = in[LPDNN_BATCH_NORM_X];               /* [N][C][inner] */
    const float *mean = in[LPDNN_BATCH_NORM_MEAN];         /* [C] */
    const float *variance = in[LPDNN_BATCH_NORM_VARIANCE]; /* [C] */
    float *y = out[0];                                     /* [N][C][inner], may be x */
    lpdnn_s32 n, c, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (c = 0; c < s->channels; c++) {
            float center = mean[c];
            float factor = 1.0f / lpdnn_sqrtf(variance[c] + s->epsilon);

            for (i = 0; i < s->inner; i++) {
                y[i] = (x[i] - center) * factor;
            }
            x += s->inner;
            y += s->inner;
        }
    }
    return LPDNN_OK;
}
