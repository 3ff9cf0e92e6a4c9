/* Depthwise convolution in nhwc: a vector of channels at a time, its filter in registers, over tiles of output pixels.

   Rows beside x are read from a row of zeros, and columns beside it are left out at compile time: only the first and the
   last tile of a row can have any. Where channels are no multiple of a vector, the last vector overlaps the one before.

   Constants: VL; BATCH, CHANNELS, HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH; KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W,
   DILATION_H, DILATION_W, PAD_TOP, PAD_LEFT; TILE_ROWS, TILE_COLUMNS: the largest tile, TALL_TILES, WIDE_TILES of which
   there are, the others being one less, TILES_DOWN, TILES_ACROSS in all; INSIDE: vectors of channels that a tile is
   computed for before the next one; BIAS, ACTIVATION; HELD: rows of x that are there, row h as the (h % HELD)th: all, unless
   it is defined. */
#ifndef CONV_DEPTHWISE_H
#define CONV_DEPTHWISE_H

#include "simd.h"

#ifndef HELD
#define HELD HEIGHT
#endif

#define BLOCKS ((CHANNELS + VL - 1) / VL)
#define LANES (CHANNELS < VL ? CHANNELS : VL)
#define TAPS (KERNEL_H * KERNEL_W)
#define ROWS_UNDER(rows) (((rows)-1) * STRIDE_H + (KERNEL_H - 1) * DILATION_H + 1)
#define COLUMNS_UNDER(columns) (((columns)-1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1)

/* acc += v * filter for every pixel of the tile that has a tap on input (row, column), counted from the tile's first. */
INLINE void add_input(vf acc[TILE_ROWS][TILE_COLUMNS], vf v, const vf *filter, int row, int column, int rows,
                      int columns)
{
    int i, j;

    UNROLL
    for (i = 0; i < rows; i++) {
        int down = row - i * STRIDE_H;

        UNROLL
        for (j = 0; j < columns; j++) {
            int right = column - j * STRIDE_W;

            if (down >= 0 && down % DILATION_H == 0 && down / DILATION_H < KERNEL_H && right >= 0 &&
                right % DILATION_W == 0 && right / DILATION_W < KERNEL_W) {
                acc[i][j] += v * filter[down / DILATION_H * KERNEL_W + right / DILATION_W];
            }
        }
    }
}

/* x: for each input row under the tile, its first pixel; first: the tile's first output column, a constant where `edge`
   says that some of its columns may fall beside x; y: the tile's first pixel. */
INLINE void depthwise_tile(const float *const *x, const vf *filter, vf bias, float *y,
                           const lpdnn_activation *f, lpdnn_s32 first, int rows, int columns, int edge)
{
    vf acc[TILE_ROWS][TILE_COLUMNS];
    int i, j;

    UNROLL
    for (i = 0; i < rows; i++) {
        UNROLL
        for (j = 0; j < columns; j++) {
            acc[i][j] = bias;
        }
    }
    UNROLL
    for (i = 0; i < ROWS_UNDER(rows); i++) {
        const float *row = x[i] + (first * STRIDE_W - PAD_LEFT) * CHANNELS;

        UNROLL
        for (j = 0; j < COLUMNS_UNDER(columns); j++) {
            lpdnn_s32 column = first * STRIDE_W - PAD_LEFT + j;

            if (!edge || (column >= 0 && column < WIDTH)) {
                add_input(acc, load_part(row + j * CHANNELS, LANES), filter, i, j, rows, columns);
            }
        }
    }
    UNROLL
    for (i = 0; i < rows; i++) {
        UNROLL
        for (j = 0; j < columns; j++) {
            store_part(y + (i * OUT_WIDTH + j) * CHANNELS, activate(ACTIVATION, f, acc[i][j]), LANES);
        }
    }
}

INLINE void load_filter(vf filter[TAPS], const float *w, lpdnn_s32 block)
{
    int i;

    UNROLL
    for (i = 0; i < TAPS; i++) {
        filter[i] = load(w + (block * TAPS + i) * VL);
    }
}

/* A tile of some vectors of channels, from `block` on, whose filter is loaded. x: for each input row under the tile, its first
   pixel, or zeros, of which a few lines serve all channels; y: the output row's first pixel. */
INLINE void blocks(const float *const *x, const float *zeros, const float *w, const vf *loaded,
                   const float *bias, float *y, const lpdnn_activation *f, lpdnn_s32 block, lpdnn_s32 first,
                   int rows, int columns, int edge)
{
    lpdnn_s32 end = least(block + INSIDE, BLOCKS);
    lpdnn_s32 i;

    for (; block < end; block++) {
        lpdnn_s32 channel = CHANNELS < VL ? 0 : least(block * VL, CHANNELS - VL);
        const float *row[ROWS_UNDER(TILE_ROWS)];
        vf filter[TAPS];

        UNROLL
        for (i = 0; i < ROWS_UNDER(rows); i++) {
            row[i] = x[i] == zeros ? zeros : x[i] + channel;
        }
        if (INSIDE > 1) {
            load_filter(filter, w, block);
        }
        depthwise_tile(row, INSIDE > 1 ? filter : loaded, BIAS ? load(bias + block * VL) : (vf){0},
                       y + first * CHANNELS + channel, f, first, rows, columns, edge);
    }
}

/* A row of tiles that starts at output row `first`, which goes to y. */
INLINE void depthwise_rows(const float *x, const float *zeros, const float *w, const float *bias, float *y,
                           const lpdnn_activation *f, lpdnn_s32 first, int rows)
{
    const int last = TILES_ACROSS == WIDE_TILES ? TILE_COLUMNS : TILE_COLUMNS - 1;
    const float *row[ROWS_UNDER(TILE_ROWS)];
    lpdnn_s32 block, i;

    for (i = 0; i < ROWS_UNDER(rows); i++) {
        lpdnn_s32 h = first * STRIDE_H - PAD_TOP + i;

        row[i] = h < 0 || h >= HEIGHT ? zeros : x + h % HELD * WIDTH * CHANNELS;
    }
    for (block = 0; block < BLOCKS; block += INSIDE) {
        lpdnn_s32 column = TILE_COLUMNS;
        vf filter[TAPS];

        load_filter(filter, w, block);
        blocks(row, zeros, w, filter, bias, y, f, block, 0, rows, TILE_COLUMNS, 1);
        for (i = 1; i < least(WIDE_TILES, TILES_ACROSS - 1); i++, column += TILE_COLUMNS) {
            blocks(row, zeros, w, filter, bias, y, f, block, column, rows, TILE_COLUMNS, 0);
        }
        for (; i < TILES_ACROSS - 1; i++, column += TILE_COLUMNS - 1) {
            blocks(row, zeros, w, filter, bias, y, f, block, column, rows, TILE_COLUMNS - 1, 0);
        }
        if (TILES_ACROSS > 1) {
            blocks(row, zeros, w, filter, bias, y, f, block, OUT_WIDTH - last, rows, last, 1);
        }
    }
}

/* All images: x [N][H][W][C], zeros [W][C], w [BLOCKS][KH][KW][VL], bias [BLOCKS][VL] or null, y [N][OH][OW][C]. */
INLINE void all_images(const float *x, float *zeros, const float *w, const float *bias, float *y,
                       const lpdnn_activation *f)
{
    lpdnn_s32 n, i;

    __builtin_memset(zeros, 0, sizeof(float) * WIDTH * CHANNELS);
    for (n = 0; n < BATCH; n++) {
        for (i = LPDNN_SHARE_FIRST(TILES_DOWN); i < least(TALL_TILES, LPDNN_SHARE_END(TILES_DOWN)); i++) {
            lpdnn_s32 first = i * TILE_ROWS;

            depthwise_rows(x, zeros, w, bias, y + first * OUT_WIDTH * CHANNELS, f, first, TILE_ROWS);
        }
        for (; i < LPDNN_SHARE_END(TILES_DOWN); i++) {
            lpdnn_s32 first = i * (TILE_ROWS - 1) + TALL_TILES;

            depthwise_rows(x, zeros, w, bias, y + first * OUT_WIDTH * CHANNELS, f, first, TILE_ROWS - 1);
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * CHANNELS;
    }
}

#endif
