/* The register tile of a convolution: rows x columns of output pixels by `vectors` vectors of filters, all compile-time
   constants, kept in registers over all taps. Weights come in panels, so that they are read in order.

   Constants: VL; TILE_ROWS, TILE_COLUMNS, PANEL (vectors in a panel of weights): the largest tile; PLANES: planes of
   channels that one filter reads (1 in nhwc); DEPTH: its channels in each; KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W,
   DILATION_H, DILATION_W; IN_PIXEL, IN_ROW, IN_PLANE: floats from an input pixel, row, plane to the next; OUT_PIXEL,
   OUT_ROW; ACTIVATION; SLOPED, ADDED: 1 where there are slopes, an addend; ADD_PIXEL, ADD_ROW: of it. Taps that are neighbours in memory are walked as one run. */
#ifndef CONV_TILE_H
#define CONV_TILE_H

#include "ending.h"

/* Floats of weights that are fetched ahead into the first level of cache, and further ahead into the second: where they come
   from memory, the first level alone has not enough lines under way. LINE: floats of a line. */
#define AHEAD 512
#define FAR_AHEAD 2048
#define LINE 16

/* By how much the largest share of a loop's turns is more than an even one, as 64ths of all turns. */
#define UNEVEN(count) (((count) + LPDNN_SHARES - 1) / LPDNN_SHARES * 64 / (count))

#if DILATION_W == 1 && DEPTH == IN_PIXEL
#define RUNS 1
#define RUN (KERNEL_W * DEPTH)
#else
#define RUNS KERNEL_W
#define RUN DEPTH
#endif

/* acc += x[pixel][taps of a run] * w[taps of a run][vectors] */
INLINE void tile_run(vf acc[TILE_ROWS * TILE_COLUMNS][PANEL], const float *x, const float *w, lpdnn_s32 taps,
                     int rows, int columns, int vectors)
{
    int k, i, j, v;

    for (k = 0; k < taps; k++) {
        const float *tap = fresh(x + k);
        vf b[PANEL];

        UNROLL
        for (v = 0; v < vectors; v++) {
            b[v] = load(w + (k * PANEL + v) * VL);
            if (v * VL % LINE == 0) {
                __builtin_prefetch(w + (k * PANEL + v) * VL + AHEAD);
                __builtin_prefetch(w + (k * PANEL + v) * VL + FAR_AHEAD, 0, 2);
            }
        }
        UNROLL
        for (i = 0; i < rows; i++) {
            UNROLL
            for (j = 0; j < columns; j++) {
                vf a = splat(tap[i * STRIDE_H * IN_ROW + j * STRIDE_W * IN_PIXEL]);

                UNROLL
                for (v = 0; v < vectors; v++) {
                    acc[i * columns + j][v] += a * b[v];
                }
            }
        }
    }
}

/* x: the first pixel under the tile's first tap; w [PLANES][KERNEL_H][KERNEL_W][DEPTH][PANEL * VL]; y: the tile's
   first pixel and filter; bias: the first of the panel's, or null. It is added last, so that sums are not rounded to the
   last bit of a larger bias all the time. Of the last vector, `last` filters are stored. */
INLINE void tile(const float *x, const float *w, const float *bias, float *y, ending e, int rows, int columns,
                 int vectors, int last)
{
    vf acc[TILE_ROWS * TILE_COLUMNS][PANEL];
    int c, kh, kw, i, j, v;

    UNROLL
    for (i = 0; i < rows * columns; i++) {
        UNROLL
        for (v = 0; v < vectors; v++) {
            acc[i][v] = (vf){0};
        }
    }
    for (c = 0; c < PLANES; c++) {
        for (kh = 0; kh < KERNEL_H; kh++) {
            for (kw = 0; kw < RUNS; kw++) {
                tile_run(acc, x + c * IN_PLANE + kh * DILATION_H * IN_ROW + kw * DILATION_W * IN_PIXEL, w,
                         RUN, rows, columns, vectors);
                w += RUN * PANEL * VL;
            }
        }
    }
    UNROLL
    for (i = 0; i < rows; i++) {
        UNROLL
        for (j = 0; j < columns; j++) {
            float *to = y + i * OUT_ROW + j * OUT_PIXEL;

            UNROLL
            for (v = 0; v < vectors; v++) {
                int count = v == vectors - 1 ? last : VL;
                vf sum = bias ? acc[i * columns + j][v] + load(bias + v * VL) : acc[i * columns + j][v];

                store_part(to + v * VL,
                           ended(ACTIVATION, SLOPED, ADDED, e, sum, v * VL,
                                 i * ADD_ROW + j * ADD_PIXEL + v * VL, count),
                           count);
            }
        }
    }
}

#endif
