/* Pointwise convolution of a run of pixels in nhwc, as one stage of a kernel that has several: it is included once for
   each, with STAGE(name), what a function is called then, and OF(NAME), a constant of the stage:

   DEPTH, FILTERS: channels of a pixel that are read, and made; PANEL: vectors of a panel of weights; COLUMNS: pixels of the
   largest tile; WIDE: how many tiles have them, the others having one less; TILES: all; BIAS, ADDED: 1 where there is one;
   ACTIVATION. */
#undef CONV_TILE_H
#undef TILE_ROWS
#undef TILE_COLUMNS
#undef PANEL
#undef PLANES
#undef DEPTH
#undef KERNEL_H
#undef KERNEL_W
#undef STRIDE_H
#undef STRIDE_W
#undef DILATION_H
#undef DILATION_W
#undef IN_PIXEL
#undef IN_ROW
#undef IN_PLANE
#undef OUT_PIXEL
#undef OUT_ROW
#undef ACTIVATION
#undef SLOPED
#undef ADDED
#undef ADD_PIXEL
#undef ADD_ROW
#undef RUNS
#undef RUN

#define TILE_ROWS 1
#define TILE_COLUMNS OF(COLUMNS)
#define PANEL OF(PANEL_VECTORS)
#define PLANES 1
#define DEPTH OF(DEPTH)
#define KERNEL_H 1
#define KERNEL_W 1
#define STRIDE_H 1
#define STRIDE_W 1
#define DILATION_H 1
#define DILATION_W 1
#define IN_PIXEL OF(DEPTH)
#define IN_ROW 0
#define IN_PLANE 0
#define OUT_PIXEL OF(FILTERS)
#define OUT_ROW 0
#define ACTIVATION OF(ACTIVATION)
#define SLOPED 0
#define ADDED OF(ADDED)
#define ADD_PIXEL OF(FILTERS)
#define ADD_ROW 0
#define tile_run STAGE(tile_run)
#define tile STAGE(tile)

#include "conv_tile.h"

/* All pixels of the run for `vectors` vectors of filters, of the last of which `last` are there. */
INLINE void STAGE(panel)(const float *x, const float *w, const float *bias, float *y, ending e, int vectors,
                         int last)
{
    lpdnn_s32 i;

    for (i = 0; i < OF(TILES); i++) {
        lpdnn_s32 first = i * OF(COLUMNS) - (i > OF(WIDE) ? i - OF(WIDE) : 0);
        ending own = e;

        own.addend = ADDED ? e.addend + first * ADD_PIXEL : 0;
        if (OF(WIDE) == OF(TILES) || i < OF(WIDE)) {
            tile(x + first * IN_PIXEL, w, bias, y + first * OUT_PIXEL, own, 1, OF(COLUMNS), vectors, last);
        } else {
            tile(x + first * IN_PIXEL, w, bias, y + first * OUT_PIXEL, own, 1, OF(COLUMNS) - 1, vectors,
                 last);
        }
    }
}

/* x [pixels][DEPTH], w [panels][DEPTH][PANEL * VL], bias [panels][PANEL * VL] or null, y [pixels][FILTERS]. */
INLINE void STAGE(run)(const float *x, const float *w, const float *bias, float *y, ending e)
{
    const lpdnn_s32 width = PANEL * VL, panels = (OF(FILTERS) + width - 1) / width;
    const lpdnn_s32 left = OF(FILTERS) - (panels - 1) * width, vectors = (left + VL - 1) / VL;
    lpdnn_s32 p;

    for (p = 0; p < panels; p++) {
        const float *b = OF(BIAS) ? bias + p * width : 0;
        ending own = e;

        own.addend = ADDED ? e.addend + p * width : 0;
        if (left == width || p < panels - 1) {
            STAGE(panel)(x, w + p * DEPTH * width, b, y + p * width, own, PANEL, VL);
        } else {
            STAGE(panel)(x, w + p * DEPTH * width, b, y + p * width, own, vectors, left - (vectors - 1) * VL);
        }
    }
}

#undef tile_run
#undef tile
#undef STAGE
#undef OF
