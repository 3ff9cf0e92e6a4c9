/* Convolution in nhwc, pointwise or not: register tiles of pixels by filters over bands that stay in cache. */
#include "conv_band.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];       /* [N][H][W][C] */
    const float *w = in[LPDNN_CONV2D_WEIGHT];  /* [GROUPS][PANELS][KH][KW][DEPTH][PANEL * VL] */
    const float *bias = in[LPDNN_CONV2D_BIAS]; /* [GROUPS][PANELS][PANEL * VL] or null */
    float *y = out[0];                         /* [N][OH][OW][M] */
    ending e = {&s->activation, in[LPDNN_CONV2D_SLOPE] /* in panels */, in[LPDNN_CONV2D_ADDEND] /* as y */};
    lpdnn_s32 n, down, across;

    (void)workspace;
    for (n = 0; n < BATCH; n++) {
        for (down = FIRST_DOWN; down < END_DOWN; down += BAND_DOWN) {
            for (across = FIRST_ACROSS; across < END_ACROSS; across += BAND_ACROSS) {
#if BANDED
                copy_band(x, workspace, tile_row(down), tile_column(across));
                band(workspace, w, bias, y, e, down, across);
#else
                band(x + tile_row(down) * STRIDE_H * IN_ROW + tile_column(across) * STRIDE_W * IN_PIXEL, w,
                     bias, y, e, down, across);
#endif
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_ROW;
        e.addend = ADDED ? e.addend + OUT_HEIGHT * ADD_ROW : 0;
    }
    return LPDNN_OK;
}
