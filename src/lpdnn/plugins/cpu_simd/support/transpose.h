/* Matrices of floats, transposed in blocks of 4 x 4 that stay in registers. */
#ifndef TRANSPOSE_H
#define TRANSPOSE_H

#include "simd.h"

typedef float quad __attribute__((vector_size(16)));
typedef float quad_anywhere __attribute__((vector_size(16), aligned(4), may_alias));

/* Rows whose lines stay in the first level of cache while all their columns are walked. */
#define STRIP 32

INLINE quad load_quad(const float *x)
{
    return *(const quad_anywhere *)x;
}

INLINE void store_quad(float *y, quad v)
{
    *(quad_anywhere *)y = v;
}

/* `high` (3 or 4) x 4 of x [][columns] to y [][rows]; of 3, each column takes a place more in y. */
INLINE void transpose_block(const float *x, float *y, lpdnn_s32 rows, lpdnn_s32 columns, int high)
{
    quad a = load_quad(x), b = load_quad(x + columns);
    quad c = load_quad(x + 2 * columns), d = high == 4 ? load_quad(x + 3 * columns) : c;
    quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
         ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
         cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);

    store_quad(y, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
    store_quad(y + rows, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
    store_quad(y + 2 * rows, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
    store_quad(y + 3 * rows, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

/* Single elements of x [first..end][from..columns]. */
INLINE void transpose_rest(const float *x, float *y, lpdnn_s32 rows, lpdnn_s32 columns, lpdnn_s32 first,
                           lpdnn_s32 end, lpdnn_s32 from)
{
    lpdnn_s32 i, j;

    for (i = first; i < end; i++) {
        for (j = from; j < columns; j++) {
            y[j * rows + i] = x[i * columns + j];
        }
    }
}

/* x [rows][columns] to y [columns][rows]. */
INLINE void transpose(const float *x, float *y, lpdnn_s32 rows, lpdnn_s32 columns)
{
    lpdnn_s32 strip, i, j;

    if (rows == 3) { /* an image: where a column took a place more, the next one follows */
        for (j = 0; j + 4 < columns; j += 4) {
            transpose_block(x + j, y + 3 * j, 3, columns, 3);
        }
        transpose_rest(x, y, 3, columns, 0, 3, j);
        return;
    }
    for (strip = 0; strip + 4 <= rows; strip += STRIP) {
        lpdnn_s32 end = least(strip + STRIP, rows - rows % 4);

        for (j = 0; j + 4 <= columns; j += 4) {
            for (i = strip; i < end; i += 4) {
                transpose_block(x + i * columns + j, y + j * rows + i, rows, columns, 4);
            }
        }
        transpose_rest(x, y, rows, columns, strip, end, columns - columns % 4);
    }
    transpose_rest(x, y, rows, columns, rows - rows % 4, rows, 0);
}

#endif
