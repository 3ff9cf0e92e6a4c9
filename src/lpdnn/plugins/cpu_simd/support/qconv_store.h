/* From sums of a pixel to its results, a panel of filters at a time. Of two vectors side by side, every 8 filters in memory
   are 4 of each; a single one is in order.

   Constants: those of int8.h; PANEL: vectors of filters in a panel, 1 or 2; FILTERS, GROUPS, OUT_WIDTH. */
#ifndef QCONV_STORE_H
#define QCONV_STORE_H

#include "int8.h"

#define OUT_ROW (OUT_WIDTH * FILTERS)
#define GROUP (FILTERS / GROUPS)
#define PANELS ((GROUP + PANEL * VL - 1) / (PANEL * VL))
#define LAST_FILTERS (GROUP - (PANELS - 1) * PANEL * VL)
#define LAST_VECTORS ((LAST_FILTERS + VL - 1) / VL)

/* What a panel's sums start from and are multiplied with. */
typedef struct {
    const lpdnn_s32 *bias;    /* [PANEL * VL] */
    const lpdnn_s32 *doubles; /* [PANEL][2 * VL]; BY_ONES: multipliers and shifts, [2][PANEL * VL] */
    const lpdnn_s32 *floats;  /* [PANEL * VL] */
} rescaling;

/* The results of one pixel, one after the other. */
static __attribute__((noinline)) void store_ones(const lpdnn_s32 *sums, const lpdnn_s32 *factors, byte *y,
                                                 lpdnn_s32 vectors, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        lpdnn_s32 at = vectors == 2 ? (i / 4 % 2) * VL + i / 8 * 4 + i % 4 : i;

        y[i] = by_one(sums[at], factors[at], factors[PANEL * VL + at]);
    }
}

/* Stores `count` results of a pixel. */
INLINE void store_pixel(const vi sums[PANEL], const rescaling *f, byte *y, int vectors, int count, int method)
{
    vi result[PANEL];
    int v;

    if (method == BY_ONES) {
        UNROLL
        for (v = 0; v < vectors; v++) {
            result[v] = sums[v];
        }
        store_ones((const lpdnn_s32 *)result, f->doubles, y, vectors, count);
        return;
    }
    UNROLL
    for (v = 0; v < vectors; v++) {
        result[v] = method == BY_FLOATS ? by_floats(sums[v], f->floats + v * VL)
                                        : by_doubles(sums[v], f->doubles + v * 2 * VL);
    }
    if (vectors == 2) {
        pair_bytes bytes = pair_clamped(result[0], result[vectors - 1]);

        __builtin_memcpy(y, &bytes, (lpdnn_size)count);
    } else {
        single_bytes bytes = single_clamped(result[0]);

        __builtin_memcpy(y, &bytes, (lpdnn_size)count);
    }
}

#endif
