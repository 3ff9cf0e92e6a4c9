/* Matrices of bytes [ROWS][COLUMNS], transposed: few rows or few columns as a whole, others in blocks of 8 x 8. */
#ifndef TRANSPOSE_BYTES_H
#define TRANSPOSE_BYTES_H

#include "lpdnn_ops.h"

#define FEW 4

typedef lpdnn_u8 eight __attribute__((vector_size(8)));

/* x [rows][columns] of the matrix from row and column on, element by element. */
static inline void transpose_part(const lpdnn_u8 *x, lpdnn_u8 *y, lpdnn_s32 row, lpdnn_s32 column,
                                  lpdnn_s32 rows, lpdnn_s32 columns)
{
    lpdnn_s32 i, j;

    for (j = column; j < column + columns; j++) {
        for (i = row; i < row + rows; i++) {
            y[j * ROWS + i] = x[i * COLUMNS + j];
        }
    }
}

/* 8 x 8 of x [][COLUMNS] to y [][ROWS]: three times, rows that are 4 apart go side by side. */
static inline void transpose_block(const lpdnn_u8 *x, lpdnn_u8 *y)
{
    eight a[8], b[8];
    int round, i;

    for (i = 0; i < 8; i++) {
        __builtin_memcpy(&a[i], x + i * COLUMNS, 8);
    }
    for (round = 0; round < 3; round++) {
        for (i = 0; i < 4; i++) {
            b[2 * i] = __builtin_shufflevector(a[i], a[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        for (i = 0; i < 8; i++) {
            a[i] = b[i];
        }
    }
    for (i = 0; i < 8; i++) {
        __builtin_memcpy(y + i * ROWS, &a[i], 8);
    }
}

static inline void transpose(const lpdnn_u8 *x, lpdnn_u8 *y)
{
    lpdnn_s32 i, j;

    if (ROWS <= FEW || COLUMNS <= FEW) {
        transpose_part(x, y, 0, 0, ROWS, COLUMNS);
        return;
    }
    for (i = 0; i + 8 <= ROWS; i += 8) {
        for (j = 0; j + 8 <= COLUMNS; j += 8) {
            transpose_block(x + i * COLUMNS + j, y + j * ROWS + i);
        }
        transpose_part(x, y, i, j, 8, COLUMNS - j);
    }
    transpose_part(x, y, i, 0, ROWS - i, COLUMNS);
}

#endif
