/* Convolution of 8-bit integers in nhwc by AMX: two tiles of pixels times two of filters, 16 of each.

   Pixels are taken by lines. A line is a row of outputs; or all rows of a band, with what lies between the end of a row and
   the beginning of the next, which is computed and not stored. All tiles of a layer have as many pixels, so they have one
   configuration: the last of a line overlaps the one before, and stores the same results again. A tile's rows are
   neighbouring channels of its pixels where they lie in x; or in the band, a copy with X_ZERO beside x and some bytes
   behind it, where there is padding, or where the last block of a run reads beyond its end. What it reads there meets
   weights that are 0.

   Constants: those of int8.h, qconv_band.h (SKIP_H, SKIP_W: 1) and qconv_store.h; COPIED: whether bands are; BANDS, and
   BAND_OUT: rows of outputs in each, the last overlapping; LINES in a band, of LINE pixels, in which LINE_ROW lie from a row
   of outputs to the next; TILES in a line, of PIXELS; CHUNK: tiles that all filters are multiplied with before the next;
   BLOCKS in a run, of BLOCK bytes; DEPTH: channels of a group; BATCH, FILTERS, GROUPS, OUT_HEIGHT, OUT_WIDTH, KERNEL_H,
   KERNEL_W, DILATION_H, DILATION_W. */
#ifndef QCONV_TILES_H
#define QCONV_TILES_H

#include "qconv_band.h"
#include "qconv_store.h"
#include "tile.h"

#if DILATION_W == 1 && DEPTH == IN_PIXEL
#define RUNS 1
#else
#define RUNS KERNEL_W
#endif
#define BLOCK_WEIGHTS (BLOCK * VL) /* of a vector of filters */
#define PANEL_WEIGHTS (KERNEL_H * RUNS * BLOCKS * PANEL * BLOCK_WEIGHTS)
#define PIXEL_STEP (STRIDE_W * IN_PIXEL)
#define LINE_STEP (STRIDE_H * IN_ROW) /* where a line is a row; else there is one */
#define SUMS (PANEL * VL)             /* of a pixel */

#if UNSIGNED
#define TILE_DOT TILE_DOT_UNSIGNED
#else
#define TILE_DOT TILE_DOT_SIGNED
#endif

/* 0 to 3: sums of 2 tiles of pixels by 2 vectors of filters; 4, 5: pixels; 6, 7: weights. */
static const tile_shapes shapes = {
    .palette = 1,
    .row_bytes = {4 * VL, 4 * VL, 4 * VL, 4 * VL, BLOCK, BLOCK, 4 * VL, 4 * VL},
    .rows = {PIXELS, PIXELS, PIXELS, PIXELS, PIXELS, PIXELS, BLOCK / 4, BLOCK / 4},
};

/* Sums of one tile of pixels, or of two, and of one vector of filters, or of two. x0, x1: the tiles' first pixels;
   w [KERNEL_H][RUNS][BLOCKS][PANEL][BLOCK / 4][VL][4]; sums [tiles][PIXELS][PANEL][VL]. */
INLINE void multiply(const element *x0, const element *x1, const weight *w, lpdnn_s32 *sums, int tiles,
                     int vectors)
{
    int kh, run, block;

    TILE_ZERO(0);
    TILE_ZERO(1);
    TILE_ZERO(2);
    TILE_ZERO(3);
    for (kh = 0; kh < KERNEL_H; kh++) {
        for (run = 0; run < RUNS; run++) {
            for (block = 0; block < BLOCKS; block++) {
                lpdnn_s32 at = kh * DILATION_H * IN_ROW + run * DILATION_W * IN_PIXEL + block * BLOCK;

                TILE_LOAD(6, w, 4 * VL);
                TILE_LOAD(4, x0 + at, PIXEL_STEP);
                TILE_DOT(0, 4, 6);
                if (vectors == 2) {
                    TILE_LOAD(7, w + BLOCK_WEIGHTS, 4 * VL);
                    TILE_DOT(1, 4, 7);
                }
                if (tiles == 2) {
                    TILE_LOAD(5, x1 + at, PIXEL_STEP);
                    TILE_DOT(2, 5, 6);
                }
                if (tiles == 2 && vectors == 2) {
                    TILE_DOT(3, 5, 7);
                }
                w += PANEL * BLOCK_WEIGHTS;
            }
        }
    }
    TILE_STORE(0, sums, 4 * SUMS);
    if (vectors == 2) {
        TILE_STORE(1, sums + VL, 4 * SUMS);
    }
    if (tiles == 2) {
        TILE_STORE(2, sums + PIXELS * SUMS, 4 * SUMS);
    }
    if (tiles == 2 && vectors == 2) {
        TILE_STORE(3, sums + PIXELS * SUMS + VL, 4 * SUMS);
    }
}

/* The line of a band that a tile is in, and its first pixel there. */
INLINE lpdnn_s32 tile_line(lpdnn_s32 tile)
{
    return tile / TILES;
}

INLINE lpdnn_s32 tile_first(lpdnn_s32 tile)
{
    return least(tile % TILES * PIXELS, LINE - PIXELS);
}

INLINE const element *tile_under(const element *x, lpdnn_s32 tile)
{
    return x + tile_line(tile) * LINE_STEP + tile_first(tile) * PIXEL_STEP;
}

/* Stores `count` results of each pixel of a tile. sums [PIXELS][PANEL][VL]; y: the band's first pixel, at the panel. */
INLINE void store_tile(const lpdnn_s32 *sums, const rescaling *f, byte *y, lpdnn_s32 tile, int vectors,
                       int count, int method)
{
    lpdnn_s32 first = tile_first(tile);
    lpdnn_s32 row = tile_line(tile) + first / LINE_ROW, column = first % LINE_ROW;
    lpdnn_s32 i;
    int v;

    for (i = 0; i < PIXELS; i++, sums += SUMS) {
        if (column < OUT_WIDTH) {
            vi of_pixel[PANEL];

            UNROLL
            for (v = 0; v < vectors; v++) {
                of_pixel[v] =
                    (vi)WIDE(add_epi32)((wide)load_vi(sums + v * VL), (wide)load_vi(f->bias + v * VL));
            }
            store_pixel(of_pixel, f, y + row * OUT_ROW + column * FILTERS, vectors, count, method);
        }
        column++;
        if (column == LINE_ROW) {
            column = 0;
            row++;
        }
    }
}

/* A tile, or two, of one panel. x: the band at the group's first channel. */
INLINE void panel_tiles(const element *x, const weight *w, const rescaling *f, byte *y, lpdnn_s32 tile,
                        int tiles, int vectors, int count)
{
    lpdnn_s32 sums[2 * PIXELS * SUMS] __attribute__((aligned(64)));
    int method = method_of(f->floats);
    int i;

    multiply(tile_under(x, tile), tile_under(x, tile + tiles - 1), w, sums, tiles, vectors);
#define STORE(method)                                                                                        \
    for (i = 0; i < tiles; i++) {                                                                            \
        store_tile(sums + i * PIXELS * SUMS, f, y, tile + i, vectors, count, method);                        \
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

/* Tiles from `tile` to `end` of a band, for one panel. */
INLINE void panel(const element *x, const weight *w, const rescaling *f, byte *y, lpdnn_s32 tile,
                  lpdnn_s32 end, int vectors, int count)
{
    for (; tile + 2 <= end; tile += 2) {
        panel_tiles(x, w, f, y, tile, 2, vectors, count);
    }
    if (tile < end) {
        panel_tiles(x, w, f, y, tile, 1, vectors, count);
    }
}

/* w [GROUPS][PANELS][PANEL_WEIGHTS], doubles [GROUPS][PANELS][PANEL][2 * VL], rest [GROUPS][PANELS][bias, floats][PANEL * VL] */
INLINE void chunk(const element *x, const weight *w, const lpdnn_s32 *doubles, const lpdnn_s32 *rest, byte *y,
                  lpdnn_s32 tile, lpdnn_s32 end)
{
    lpdnn_s32 g, p;

    for (g = 0; g < GROUPS; g++) {
        for (p = 0; p < PANELS; p++) {
            lpdnn_s32 number = g * PANELS + p, pairs = 2 * number * PANEL * VL;
            rescaling f = {rest + pairs, doubles + pairs, rest + pairs + PANEL * VL};
            const weight *weights = w + (lpdnn_size)number * PANEL_WEIGHTS;
            byte *to = y + g * GROUP + p * PANEL * VL;

            if (LAST_FILTERS == PANEL * VL || p < PANELS - 1) {
                panel(x + g * DEPTH, weights, &f, to, tile, end, PANEL, PANEL * VL);
            } else {
                panel(x + g * DEPTH, weights, &f, to, tile, end, LAST_VECTORS, LAST_FILTERS);
            }
        }
    }
}

/* The band under the outputs from `row` on: a copy, or x itself, which is one band. */
INLINE const element *band_of(const byte *x, element *workspace, lpdnn_s32 row)
{
#if COPIED
    copy_band(x, workspace, row, 0);
    return workspace;
#else
    (void)workspace;
    (void)row;
    return x;
#endif
}

/* x [N][H][W][C], y [N][OH][OW][M]; for the others see `chunk`. */
INLINE LpdnnStatus convolve(const byte *x, const weight *w, const lpdnn_s32 *doubles, const lpdnn_s32 *rest,
                            byte *y, element *workspace)
{
    lpdnn_s32 n, b, tile;

    if (!lpdnn_tiles_allowed()) {
        return LPDNN_ERROR_DENIED;
    }
    TILES_BEGIN(&shapes);
    for (n = 0; n < BATCH; n++) {
        for (b = 0; b < BANDS; b++) {
            lpdnn_s32 row = least(b * BAND_OUT, OUT_HEIGHT - BAND_OUT);
            const element *from = band_of(x, workspace, row);

            for (tile = 0; tile < LINES * TILES; tile += CHUNK) {
                chunk(from, w, doubles, rest, y + row * OUT_ROW, tile, least(tile + CHUNK, LINES * TILES));
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * FILTERS;
    }
    TILES_END();
    return LPDNN_OK;
}

#endif
