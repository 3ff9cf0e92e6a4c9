/* Concatenation along an axis. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_concat_f32_nchw__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_concat_spec *s = spec;
    LPDNN_ELEMENT *y = out[0]; /* [outer][sum of sizes][inner] */
    lpdnn_s32 o, k, i;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (k = 0; k < s->sizes_count; k++) {
            lpdnn_s32 count = s->sizes[k] * s->inner;
            const LPDNN_ELEMENT *x = (const LPDNN_ELEMENT *)in[k] + o * count; /* [outer][sizes[k]][inner] */

            for (i = 0; i < count; i++) {
                y[i] = x[i];
            }
            y += count;
        }
    }
    return LPDNN_OK;
}
