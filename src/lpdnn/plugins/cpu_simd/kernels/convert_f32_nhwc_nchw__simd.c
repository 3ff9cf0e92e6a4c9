/* From nhwc to nchw. Constant: VL. */
#include "transpose.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_convert_spec *s = spec;
    const float *x = in[LPDNN_CONVERT_X]; /* [N][P][C] */
    float *y = out[0];                    /* [N][C][P] */
    lpdnn_s32 size = s->channels * s->pixels;
    lpdnn_s32 n;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        transpose(x + n * size, y + n * size, s->pixels, s->channels);
    }
    return LPDNN_OK;
}
