/* From nhwc to nchw8c, the last block filled with zeros. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_convert_f32_nhwc_nchw8c__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_convert_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_CONVERT_X]; /* [N][P][C], P = H*W */
    LPDNN_ELEMENT *y = out[0];                    /* [N][C/8][P][8] */
    lpdnn_s32 blocks = (s->channels + 7) / 8;
    lpdnn_s32 filled = blocks * 8;
    lpdnn_s32 n, c, p;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (p = 0; p < s->pixels; p++) {
            for (c = 0; c < filled; c++) {
                y[((n * blocks + c / 8) * s->pixels + p) * 8 + c % 8] =
                    c < s->channels ? x[(n * s->pixels + p) * s->channels + c] : (LPDNN_ELEMENT)0;
            }
        }
    }
    return LPDNN_OK;
}
