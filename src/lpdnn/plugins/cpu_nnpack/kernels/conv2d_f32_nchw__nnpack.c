/* Convolution by NNPACK; NNPACK_ALGORITHM is its number of the algorithm. */
#include "nnpack.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];           /* [N][C][H][W] */
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [M][C][KH][KW] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] */
    float *y = out[0];                             /* [N][M][OH][OW] */
    const int fused = s->activation.kind == LPDNN_ACTIVATION_IDENTITY ||
                      (s->activation.kind == LPDNN_ACTIVATION_RELU && s->activation.alpha == 0.0f);
    const lpdnn_s32 count = s->batch * s->filters * s->out_height * s->out_width;
    LpdnnStatus status = nnpack_convolve(NNPACK_ALGORITHM, s, x, weight, bias, y);
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < count && !fused && status == LPDNN_OK; i++) {
        y[i] = lpdnn_activate(&s->activation, y[i]);
    }
    return status;
}
