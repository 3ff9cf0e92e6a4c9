/* Concatenation along an axis. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_concat_f32_nchw__ref;

LpdnnStatus lpdnn_concat_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_concat_spec *s = spec;
    float *y = out[0]; /* [outer][sum of sizes][inner] */
    lpdnn_s32 o, k, i;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (k = 0; k < s->sizes_count; k++) {
            lpdnn_s32 count = s->sizes[k] * s->inner;
            const float *x = (const float *)in[k] + o * count; /* [outer][sizes[k]][inner] */

            for (i = 0; i < count; i++) {
                y[i] = x[i];
            }
            y += count;
        }
    }
    return LPDNN_OK;
}
