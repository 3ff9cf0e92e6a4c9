/* From nchw to nhwc. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_convert_f32_nchw_nhwc__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_convert_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_CONVERT_X]; /* [N][C][P], P = H*W */
    LPDNN_ELEMENT *y = out[0];                    /* [N][P][C] */
    lpdnn_s32 n, c, p;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (p = 0; p < s->pixels; p++) {
            for (c = 0; c < s->channels; c++) {
                y[(n * s->pixels + p) * s->channels + c] = x[(n * s->channels + c) * s->pixels + p];
            }
        }
    }
    return LPDNN_OK;
}
