/* Convolution from nchw to nhwc, for the layer that reads the image: few channels, a plane of rows each. */
#include "conv_direct.h"

lpdnn_kernel LPDNN_KERNEL;

#if BANDED
/* The input rows [CHANNELS][BAND_ROWS][BAND_COLUMNS] under output row `first`, zeros where there is no x. */
static void copy_band(const float *x, float *to, lpdnn_s32 first)
{
    lpdnn_s32 columns = least(WIDTH, BAND_COLUMNS - PAD_LEFT);
    lpdnn_s32 c, row;

    for (c = 0; c < CHANNELS; c++, x += HEIGHT * WIDTH) {
        for (row = 0; row < BAND_ROWS; row++, to += BAND_COLUMNS) {
            lpdnn_s32 h = first * STRIDE_H - PAD_TOP + row;

            if (h < 0 || h >= HEIGHT || columns <= 0) {
                __builtin_memset(to, 0, sizeof(float) * BAND_COLUMNS);
                continue;
            }
            __builtin_memset(to, 0, sizeof(float) * PAD_LEFT);
            __builtin_memcpy(to + PAD_LEFT, x + h * WIDTH, sizeof(float) * (lpdnn_size)columns);
            __builtin_memset(to + PAD_LEFT + columns, 0,
                             sizeof(float) * (lpdnn_size)(BAND_COLUMNS - PAD_LEFT - columns));
        }
    }
}
#endif

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];       /* [N][C][H][W] */
    const float *w = in[LPDNN_CONV2D_WEIGHT];  /* [GROUPS][PANELS][PLANES][KH][KW][PANEL * VL] */
    const float *bias = in[LPDNN_CONV2D_BIAS]; /* [GROUPS][PANELS][PANEL * VL] or null */
    float *y = out[0];                         /* [N][OH][OW][M] */
    ending e = {&s->activation, in[LPDNN_CONV2D_SLOPE] /* in panels */, 0};
    lpdnn_s32 n, down;

    (void)workspace;
    for (n = 0; n < BATCH; n++) {
        for (down = FIRST_DOWN; down < END_DOWN; down += BAND_DOWN) {
#if BANDED
            copy_band(x, workspace, tile_row(down));
            band(workspace, w, bias, y, e, down, 0);
#else
            band(x + tile_row(down) * STRIDE_H * IN_ROW, w, bias, y, e, down, 0);
#endif
        }
        x += CHANNELS * HEIGHT * WIDTH;
        y += OUT_HEIGHT * OUT_ROW;
    }
    return LPDNN_OK;
}
