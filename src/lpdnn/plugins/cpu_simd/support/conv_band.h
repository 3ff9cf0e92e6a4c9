/* The band of a convolution in nhwc that is copied, for padding, or to skip pixels, or to set them apart. */
#ifndef CONV_BAND_H
#define CONV_BAND_H

#include "conv_direct.h"

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

#endif
