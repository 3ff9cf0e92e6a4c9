/* Direct convolution in nhwc over tiles of output pixels: in bands of rows (or blocks of tiles) whose input stays in
   cache, panel after panel of filters. Padding, and a first layer's other layout, are taken away by copying the rows
   of a band into the workspace; without either, x is read where it is.

   Constants besides conv_tile.h's: IN_GROUP: floats from a group's first channel to the next's; BATCH, CHANNELS,
   HEIGHT, WIDTH, FILTERS, GROUPS, OUT_HEIGHT, OUT_WIDTH; TILES_DOWN and TILES_ACROSS: tiles cover the map and differ
   by at most one row or column; TALL_TILES of them have TILE_ROWS, the others one less; WIDE_TILES likewise;
   BAND_DOWN, BAND_ACROSS: tiles in a band; PAD_TOP, PAD_LEFT; BANDED: 1 where a band is copied, and then BAND_ROWS
   and BAND_COLUMNS its input's size, and SKIP_H, SKIP_W: input rows, columns from one in it to the next (a pointwise
   convolution's stride: what it skips is not copied); BIAS: 1 where there is one. */
#ifndef CONV_DIRECT_H
#define CONV_DIRECT_H

#include "conv_tile.h"

#define GROUP (FILTERS / GROUPS)
#define PANELS ((GROUP + PANEL * VL - 1) / (PANEL * VL))
#define LAST_FILTERS (GROUP - (PANELS - 1) * PANEL * VL)
#define LAST_VECTORS ((LAST_FILTERS + VL - 1) / VL)
#define LAST_LANES (LAST_FILTERS - (LAST_VECTORS - 1) * VL)
#define PANEL_FLOATS (PLANES * KERNEL_H * KERNEL_W * DEPTH * PANEL * VL)

/* Threads share panels of filters where weights are more than inputs and panels come out as even; else rows of tiles, or
   the tiles of the only row. */
#define TILES (TILES_DOWN > 1 ? TILES_DOWN : TILES_ACROSS)
#define SHARE_PANELS                                                                                         \
    (GROUPS * PANELS * PANEL_FLOATS > CHANNELS * HEIGHT * WIDTH && UNEVEN(GROUPS * PANELS) <= UNEVEN(TILES))
#define SHARE_DOWN (!SHARE_PANELS && TILES_DOWN > 1)
#define SHARE_ACROSS (!SHARE_PANELS && TILES_DOWN == 1)
#define FIRST_DOWN (SHARE_DOWN ? LPDNN_SHARE_FIRST(TILES_DOWN) : 0)
#define END_DOWN (SHARE_DOWN ? LPDNN_SHARE_END(TILES_DOWN) : TILES_DOWN)
#define FIRST_ACROSS (SHARE_ACROSS ? LPDNN_SHARE_FIRST(TILES_ACROSS) : 0)
#define END_ACROSS (SHARE_ACROSS ? LPDNN_SHARE_END(TILES_ACROSS) : TILES_ACROSS)
#define FIRST_PANEL (SHARE_PANELS ? LPDNN_SHARE_FIRST(GROUPS * PANELS) : 0)
#define END_PANEL (SHARE_PANELS ? LPDNN_SHARE_END(GROUPS * PANELS) : GROUPS * PANELS)

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
INLINE void sized_tile(const float *x, const float *w, const float *bias, float *y, ending e, int tall,
                       int wide, int vectors, int last)
{
    if (tall) {
        if (wide) {
            tile(x, w, bias, y, e, TILE_ROWS, TILE_COLUMNS, vectors, last);
        } else {
            tile(x, w, bias, y, e, TILE_ROWS, TILE_COLUMNS - 1, vectors, last);
        }
    } else {
        if (wide) {
            tile(x, w, bias, y, e, TILE_ROWS - 1, TILE_COLUMNS, vectors, last);
        } else {
            tile(x, w, bias, y, e, TILE_ROWS - 1, TILE_COLUMNS - 1, vectors, last);
        }
    }
}

/* All tiles of a band for one panel. x: the input under the band's first tile, y: an image's first pixel, both at the
   first channel of the group and panel. */
INLINE void panel_tiles(const float *x, const float *w, const float *bias, float *y, ending e, lpdnn_s32 down,
                        lpdnn_s32 across, int vectors, int last)
{
    lpdnn_s32 end_down = least(down + BAND_DOWN, END_DOWN);
    lpdnn_s32 end_across = least(across + BAND_ACROSS, END_ACROSS);
    lpdnn_s32 i, j;

    for (i = down; i < end_down; i++) {
        for (j = across; j < end_across; j++) {
            lpdnn_s32 row = tile_row(i), column = tile_column(j);
            ending own = e;
            const float *under = x + (row - tile_row(down)) * STRIDE_H * IN_ROW +
                                 (column - tile_column(across)) * STRIDE_W * IN_PIXEL;

            own.addend = ADDED ? e.addend + row * ADD_ROW + column * ADD_PIXEL : 0;
            sized_tile(under, w, bias, y + row * OUT_ROW + column * OUT_PIXEL, own,
                       TALL_TILES == TILES_DOWN || i < TALL_TILES,
                       WIDE_TILES == TILES_ACROSS || j < WIDE_TILES, vectors, last);
        }
    }
}

/* One panel of filters, number i of all groups', over one band: x is the input under its first tile, y an image. */
INLINE void band_panel(const float *x, const float *panel, const float *bias, float *y, ending e,
                       lpdnn_s32 down, lpdnn_s32 across, lpdnn_s32 i)
{
    lpdnn_s32 g = i / PANELS, p = i % PANELS;
    const float *b = BIAS ? bias + i * PANEL * VL : 0;
    float *to = y + g * GROUP + p * PANEL * VL;
    ending own = e;

    own.slope = SLOPED ? e.slope + i * PANEL * VL : 0;
    own.addend = ADDED ? e.addend + g * GROUP + p * PANEL * VL : 0;
    if (LAST_FILTERS == PANEL * VL || p < PANELS - 1) {
        panel_tiles(x + g * IN_GROUP, panel, b, to, own, down, across, PANEL, VL);
    } else {
        panel_tiles(x + g * IN_GROUP, panel, b, to, own, down, across, LAST_VECTORS, LAST_LANES);
    }
}

/* One band: x is the input under its first tile, w [GROUPS][PANELS][PANEL_FLOATS], y an image. */
INLINE void band(const float *x, const float *w, const float *bias, float *y, ending e, lpdnn_s32 down,
                 lpdnn_s32 across)
{
    lpdnn_s32 i;

    for (i = FIRST_PANEL; i < END_PANEL; i++) {
        band_panel(x, w + i * PANEL_FLOATS, bias, y, e, down, across, i);
    }
}

#endif
