/* Direct convolution of 8-bit integers in nhwc: conv_direct.h's tiles, panels and bands, with LANE channels in each step.

   The band under some tiles of all filters is copied, as elements that `dot` reads, and X_ZERO beside x; that is one
   operation for as many products as there are filters. Taps that are neighbours in memory make a run, padded to whole
   lanes: what a run reads beyond its end meets weights that are 0. Of two vectors of filters side by side, every 8
   filters in memory are 4 of each; a single one is in order.

   Constants: those of int8.h, qconv_band.h and qconv_store.h; TILE_ROWS, TILE_COLUMNS: the largest tile, TALL_TILES,
   WIDE_TILES of which there are, the others being one less, TILES_DOWN, TILES_ACROSS in all; BAND_DOWN, BAND_ACROSS: tiles
   in a band; DEPTH: channels of a group; BATCH, FILTERS, GROUPS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, DILATION_H,
   DILATION_W. */
#ifndef QCONV_DIRECT_H
#define QCONV_DIRECT_H

#include "qconv_band.h"
#include "qconv_store.h"

#if DILATION_W == 1 && DEPTH == IN_PIXEL
#define RUNS 1
#define RUN (KERNEL_W * DEPTH)
#else
#define RUNS KERNEL_W
#define RUN DEPTH
#endif
#define LANES ((RUN + LANE - 1) / LANE)
#define PANEL_WEIGHTS (KERNEL_H * RUNS * LANES * LANE * PANEL * VL)
#define AHEAD (2048 / (lpdnn_s32)sizeof(weight)) /* weights that are fetched ahead */

/* sums += x[pixel][lanes of a run] * w[lanes of a run][vectors] */
INLINE void tile_run(vi sums[TILE_ROWS * TILE_COLUMNS][PANEL], const element *x, const weight *w, int rows,
                     int columns, int vectors)
{
    int k, i, j, v;

    for (k = 0; k < LANES; k++) {
        const element *tap = (const element *)fresh((const float *)(const void *)(x + k * LANE));
        vi b[PANEL];

        UNROLL
        for (v = 0; v < vectors; v++) {
            b[v] = load_vi(w + (k * PANEL + v) * VL * LANE);
            __builtin_prefetch(w + (k * PANEL + v) * VL * LANE + AHEAD);
        }
        UNROLL
        for (i = 0; i < rows; i++) {
            UNROLL
            for (j = 0; j < columns; j++) {
                vi a = splat_lane(tap + i * STRIDE_H * IN_ROW + j * STRIDE_W * IN_PIXEL);

                UNROLL
                for (v = 0; v < vectors; v++) {
                    sums[i * columns + j][v] = dot(sums[i * columns + j][v], a, b[v]);
                }
            }
        }
    }
}

/* x: the first pixel under the tile's first tap; w [KERNEL_H][RUNS][LANES][PANEL][VL][LANE]; y: the tile's first pixel and
   filter, of which `count` are stored. */
INLINE void tile(const element *x, const weight *w, const rescaling *f, byte *y, int rows, int columns,
                 int vectors, int count)
{
    vi sums[TILE_ROWS * TILE_COLUMNS][PANEL];
    int method = method_of(f->floats);
    int kh, kw, i, v;

    UNROLL
    for (v = 0; v < vectors; v++) {
        vi b = load_vi(f->bias + v * VL);

        UNROLL
        for (i = 0; i < rows * columns; i++) {
            sums[i][v] = b;
        }
    }
    for (kh = 0; kh < KERNEL_H; kh++) {
        for (kw = 0; kw < RUNS; kw++) {
            tile_run(sums, x + kh * DILATION_H * IN_ROW + kw * DILATION_W * IN_PIXEL, w, rows, columns,
                     vectors);
            w += LANES * LANE * PANEL * VL;
        }
    }
#define STORE(method)                                                                                        \
    UNROLL                                                                                                   \
    for (i = 0; i < rows * columns; i++) {                                                                   \
        store_pixel(sums[i], f, y + i / columns * OUT_ROW + i % columns * FILTERS, vectors, count, method);  \
    }
    if (method == BY_FLOATS) {
        STORE(BY_FLOATS)
    } else if (method == BY_DOUBLES) {
        STORE(BY_DOUBLES)
    } else {
        STORE(BY_ONES)
    }
#undef STORE
}

/* The first output row and column of a tile. */
INLINE lpdnn_s32 tile_row(lpdnn_s32 tile)
{
    return tile * TILE_ROWS - (tile > TALL_TILES ? tile - TALL_TILES : 0);
}

INLINE lpdnn_s32 tile_column(lpdnn_s32 tile)
{
    return tile * TILE_COLUMNS - (tile > WIDE_TILES ? tile - WIDE_TILES : 0);
}

/* One tile of any of the (at most four) sizes; every call below is its own unrolled code. */
INLINE void sized_tile(const element *x, const weight *w, const rescaling *f, byte *y, int tall, int wide,
                       int vectors, int count)
{
    if (tall) {
        if (wide) {
            tile(x, w, f, y, TILE_ROWS, TILE_COLUMNS, vectors, count);
        } else {
            tile(x, w, f, y, TILE_ROWS, TILE_COLUMNS - 1, vectors, count);
        }
    } else {
        if (wide) {
            tile(x, w, f, y, TILE_ROWS - 1, TILE_COLUMNS, vectors, count);
        } else {
            tile(x, w, f, y, TILE_ROWS - 1, TILE_COLUMNS - 1, vectors, count);
        }
    }
}

/* All tiles of a band for one panel. x: the band at the group's first channel, y: an image at the panel's first filter. */
INLINE void panel_tiles(const element *x, const weight *w, const rescaling *f, byte *y, lpdnn_s32 down,
                        lpdnn_s32 across, int vectors, int count)
{
    lpdnn_s32 end_down = least(down + BAND_DOWN, TILES_DOWN);
    lpdnn_s32 end_across = least(across + BAND_ACROSS, TILES_ACROSS);
    lpdnn_s32 i, j;

    for (i = down; i < end_down; i++) {
        for (j = across; j < end_across; j++) {
            lpdnn_s32 row = tile_row(i), column = tile_column(j);
            const element *under = x + (row - tile_row(down)) * STRIDE_H * IN_ROW +
                                   (column - tile_column(across)) * STRIDE_W * IN_PIXEL;

            sized_tile(under, w, f, y + row * OUT_ROW + column * FILTERS,
                       TALL_TILES == TILES_DOWN || i < TALL_TILES,
                       WIDE_TILES == TILES_ACROSS || j < WIDE_TILES, vectors, count);
        }
    }
}

/* w [GROUPS][PANELS][PANEL_WEIGHTS], doubles [GROUPS][PANELS][PANEL][2 * VL], rest [GROUPS][PANELS][bias, floats][PANEL * VL] */
INLINE void band(const element *x, const weight *w, const lpdnn_s32 *doubles, const lpdnn_s32 *rest, byte *y,
                 lpdnn_s32 down, lpdnn_s32 across)
{
    lpdnn_s32 g, p;

    for (g = 0; g < GROUPS; g++) {
        for (p = 0; p < PANELS; p++) {
            lpdnn_s32 panel = g * PANELS + p, pairs = 2 * panel * PANEL * VL;
            rescaling f = {rest + pairs, doubles + pairs, rest + pairs + PANEL * VL};
            const weight *weights = w + (lpdnn_size)panel * PANEL_WEIGHTS;
            byte *to = y + g * GROUP + p * PANEL * VL;

            if (LAST_FILTERS == PANEL * VL || p < PANELS - 1) {
                panel_tiles(x + g * DEPTH, weights, &f, to, down, across, PANEL, PANEL * VL);
            } else {
                panel_tiles(x + g * DEPTH, weights, &f, to, down, across, LAST_VECTORS, LAST_FILTERS);
            }
        }
    }
}

/* x [N][H][W][C], y [N][OH][OW][M]; for the others see `band`. */
INLINE void convolve(const byte *x, const weight *w, const lpdnn_s32 *doubles, const lpdnn_s32 *rest, byte *y,
                     element *workspace)
{
    lpdnn_s32 n, down, across;

    for (n = 0; n < BATCH; n++) {
        for (down = 0; down < TILES_DOWN; down += BAND_DOWN) {
            for (across = 0; across < TILES_ACROSS; across += BAND_ACROSS) {
                copy_band(x, workspace, tile_row(down), tile_column(across));
                band(workspace, w, doubles, rest, y, down, across);
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * FILTERS;
    }
}

#endif
