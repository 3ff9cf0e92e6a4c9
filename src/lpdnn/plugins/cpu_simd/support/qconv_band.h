/* The band of a convolution of 8-bit integers that is copied, as elements that products are made of.

   Constants: those of int8.h; BAND_ROWS, BAND_COLUMNS: the band; IN_PIXEL: elements from a pixel of it to the next; CHANNELS,
   HEIGHT, WIDTH, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT; SKIP_H, SKIP_W: input rows, columns from one in a band to the next;
   X_ZERO, which is beside x. */
#ifndef QCONV_BAND_H
#define QCONV_BAND_H

#include "int8.h"

#define IN_ROW (BAND_COLUMNS * IN_PIXEL)

INLINE void copy(const byte *x, element *to, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        to[i] = (element)(x[i] + OFFSET);
    }
}

INLINE void fill(element *to, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        to[i] = X_ZERO + OFFSET;
    }
}

/* The input [BAND_ROWS][BAND_COLUMNS][IN_PIXEL] under output row `first_row` and column `first_column`. */
static void copy_band(const byte *x, element *to, lpdnn_s32 first_row, lpdnn_s32 first_column)
{
    lpdnn_s32 left = first_column * STRIDE_W * SKIP_W - PAD_LEFT;
    lpdnn_s32 first = left < 0 ? least((-left + SKIP_W - 1) / SKIP_W, BAND_COLUMNS) : 0;
    lpdnn_s32 end = left < WIDTH ? least((WIDTH - 1 - left) / SKIP_W + 1, BAND_COLUMNS) : 0;
    lpdnn_s32 row, column;

    for (row = 0; row < BAND_ROWS; row++, to += IN_ROW) {
        lpdnn_s32 h = (first_row * STRIDE_H + row) * SKIP_H - PAD_TOP;
        const byte *from = x + (h * WIDTH + left) * CHANNELS;

        if (h < 0 || h >= HEIGHT || first >= end) {
            fill(to, IN_ROW);
            continue;
        }
        fill(to, first * IN_PIXEL);
        if (IN_PIXEL == CHANNELS && SKIP_W == 1) {
            copy(from + first * CHANNELS, to + first * CHANNELS, (end - first) * CHANNELS);
        } else {
            for (column = first; column < end; column++) {
                copy(from + column * SKIP_W * CHANNELS, to + column * IN_PIXEL, CHANNELS);
            }
        }
        fill(to + end * IN_PIXEL, (BAND_COLUMNS - end) * IN_PIXEL);
    }
}

#endif
