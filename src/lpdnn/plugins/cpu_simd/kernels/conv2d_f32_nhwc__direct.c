/* Convolution in nhwc, pointwise or not: register tiles of pixels by filters over bands that stay in cache. */
#include "conv_direct.h"

lpdnn_kernel LPDNN_KERNEL;

#if BANDED
/* The input rows [BAND_ROWS][BAND_COLUMNS][CHANNELS] under output row `first`, zeros where there is no x. */
static void copy_band(const float *x, float *to, lpdnn_s32 first)
{
    lpdnn_s32 columns = least(WIDTH, BAND_COLUMNS - PAD_LEFT);
    lpdnn_s32 row;

    for (row = 0; row < BAND_ROWS; row++, to += BAND_COLUMNS * CHANNELS) {
        lpdnn_s32 h = first * STRIDE_H - PAD_TOP + row;

        if (h < 0 || h >= HEIGHT || columns <= 0) {
            __builtin_memset(to, 0, sizeof(float) * BAND_COLUMNS * CHANNELS);
            continue;
        }
        __builtin_memset(to, 0, sizeof(float) * PAD_LEFT * CHANNELS);
        __builtin_memcpy(to + PAD_LEFT * CHANNELS, x + h * WIDTH * CHANNELS, sizeof(float) * (lpdnn_size)columns * CHANNELS);
        __builtin_memset(to + (PAD_LEFT + columns) * CHANNELS, 0,
                         sizeof(float) * (lpdnn_size)(BAND_COLUMNS - PAD_LEFT - columns) * CHANNELS);
    }
}
#endif

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];       /* [N][H][W][C] */
    const float *w = in[LPDNN_CONV2D_WEIGHT];  /* [GROUPS][PANELS][KH][KW][DEPTH][PANEL * VL] */
    const float *bias = in[LPDNN_CONV2D_BIAS]; /* [GROUPS][PANELS][PANEL * VL] or null */
    float *y = out[0];                         /* [N][OH][OW][M] */
    lpdnn_s32 n, down, across;

    (void)workspace;
    for (n = 0; n < BATCH; n++) {
        for (down = 0; down < TILES_DOWN; down += BAND_DOWN) {
#if BANDED
            copy_band(x, workspace, tile_row(down));
            band(workspace, w, bias, y, &s->activation, down, 0);
            (void)across;
#else
            for (across = 0; across < TILES_ACROSS; across += BAND_ACROSS) {
                band(x + tile_row(down) * STRIDE_H * IN_ROW + tile_column(across) * STRIDE_W * IN_PIXEL, w, bias, y,
                     &s->activation, down, across);
            }
#endif
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * FILTERS;
    }
    return LPDNN_OK;
}
