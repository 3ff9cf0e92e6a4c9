/* From nchw to nchw16c, the last block filled with zeros. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_convert_f32_nchw_nchw16c__ref;

LpdnnStatus lpdnn_convert_f32_nchw_nchw16c__ref(const void *spec, const void *const *in, void *const *out,
                                                void *workspace)
{
    const lpdnn_convert_spec *s = spec;
    const float *x = in[LPDNN_CONVERT_X]; /* [N][C][P], P = H*W */
    float *y = out[0];                    /* [N][C/16][P][16] */
    lpdnn_s32 blocks = (s->channels + 15) / 16;
    lpdnn_s32 filled = blocks * 16;
    lpdnn_s32 n, c, p;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (p = 0; p < s->pixels; p++) {
            for (c = 0; c < filled; c++) {
                y[((n * blocks + c / 16) * s->pixels + p) * 16 + c % 16] =
                    c < s->channels ? x[(n * s->channels + c) * s->pixels + p] : 0.0f;
            }
        }
    }
    return LPDNN_OK;
}
