/* Convolution in nhwc, pointwise or not: register tiles of pixels by filters over bands that stay in cache. */
#include "conv_direct.h"

lpdnn_kernel LPDNN_KERNEL;

#if BANDED
/* The input [BAND_ROWS][BAND_COLUMNS][IN_PIXEL] under output row `first_row` and column `first_column`, zeros where there
   is no x. Pixels may lie further apart than in x, so that those of a tile do not compete for the same cache lines. */
static void copy_band(const float *x, float *to, lpdnn_s32 first_row, lpdnn_s32 first_column)
{
    lpdnn_s32 left = first_column * STRIDE_W * SKIP_W - PAD_LEFT;
    lpdnn_s32 first = left < 0 ? least((-left + SKIP_W - 1) / SKIP_W, BAND_COLUMNS) : 0;
    lpdnn_s32 end = left < WIDTH ? least((WIDTH - 1 - left) / SKIP_W + 1, BAND_COLUMNS) : 0;
    lpdnn_s32 row, column;

    for (row = 0; row < BAND_ROWS; row++, to += BAND_COLUMNS * IN_PIXEL) {
        lpdnn_s32 h = (first_row * STRIDE_H + row) * SKIP_H - PAD_TOP;
        const float *from = x + (h * WIDTH + left) * CHANNELS;

        if (h < 0 || h >= HEIGHT || first >= end) {
            __builtin_memset(to, 0, sizeof(float) * BAND_COLUMNS * IN_PIXEL);
            continue;
        }
        __builtin_memset(to, 0, sizeof(float) * (lpdnn_size)first * IN_PIXEL);
        if (IN_PIXEL == CHANNELS && SKIP_W == 1) {
            __builtin_memcpy(to + first * CHANNELS, from + first * CHANNELS,
                             sizeof(float) * (lpdnn_size)(end - first) * CHANNELS);
        } else {
            for (column = first; column < end; column++) {
                __builtin_memcpy(to + column * IN_PIXEL, from + column * SKIP_W * CHANNELS,
                                 sizeof(float) * CHANNELS);
            }
        }
        __builtin_memset(to + end * IN_PIXEL, 0, sizeof(float) * (lpdnn_size)(BAND_COLUMNS - end) * IN_PIXEL);
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
        for (down = FIRST_DOWN; down < END_DOWN; down += BAND_DOWN) {
            for (across = FIRST_ACROSS; across < END_ACROSS; across += BAND_ACROSS) {
#if BANDED
                copy_band(x, workspace, tile_row(down), tile_column(across));
                band(workspace, w, bias, y, &s->activation, down, across);
#else
                band(x + tile_row(down) * STRIDE_H * IN_ROW + tile_column(across) * STRIDE_W * IN_PIXEL, w,
                     bias, y, &s->activation, down, across);
#endif
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * FILTERS;
    }
    return LPDNN_OK;
}
