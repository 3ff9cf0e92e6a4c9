/* The innermost product: a tile of c that stays in registers. What differs between machines is here. */
#ifndef BLAS_TILE_H
#define BLAS_TILE_H

#include "lpdnn_dtypes.h"

#if defined(__AVX512F__)
#define LANES 16
#define PIXEL_ROWS 14 /* feature maps are multiples of 7 */
#define FILTER_ROWS 8
#elif defined(__AVX__)
#define LANES 8
#define PIXEL_ROWS 6
#define FILTER_ROWS 4
#elif defined(__aarch64__)
#define LANES 4
#define PIXEL_ROWS 12
#define FILTER_ROWS 8
#else
#define LANES 4
#define PIXEL_ROWS 6
#define FILTER_ROWS 4
#endif

#define FILTER_PANEL 8    /* rows of weights that lie together: weights.py */
#define CHANNEL_PANEL 32  /* columns of weights that lie together: weights.py */
#define PIXEL_VECTORS 3   /* in a tile of planes */
#define CHANNEL_VECTORS 2 /* in a tile of rows */
#define PIXEL_PANEL (PIXEL_VECTORS * LANES)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float vector __attribute__((vector_size(LANES * 4), aligned(4)));

/* c [rows][vectors * LANES] (+)= sum over k of a[i * a_row + k * a_step] * b[k * b_step + j]; of each row of c only
   the first `width` elements are there. Rows and vectors are constants where this is called. */
ALWAYS_INLINE void tile(int rows, int vectors, lpdnn_s32 depth, const float *a, lpdnn_s32 a_row,
                        lpdnn_s32 a_step, const float *b, lpdnn_s32 b_step, float *c, lpdnn_s32 c_row,
                        lpdnn_s32 width, int add)
{
    vector sums[PIXEL_ROWS > FILTER_ROWS ? PIXEL_ROWS : FILTER_ROWS][PIXEL_VECTORS];
    lpdnn_s32 k;
    int i, v;

    UNROLL
    for (i = 0; i < rows; i++) {
        UNROLL
        for (v = 0; v < vectors; v++) {
            sums[i][v] = (vector){0};
        }
    }
    for (k = 0; k < depth; k++) {
        vector column[PIXEL_VECTORS];

        UNROLL
        for (v = 0; v < vectors; v++) {
            column[v] = *(const vector *)(b + k * b_step + v * LANES);
        }
        UNROLL
        for (i = 0; i < rows; i++) {
            const float one = a[i * a_row + k * a_step];

            UNROLL
            for (v = 0; v < vectors; v++) {
                sums[i][v] += one * column[v];
            }
        }
    }
    if (width >= vectors * LANES) {
        UNROLL
        for (i = 0; i < rows; i++) {
            UNROLL
            for (v = 0; v < vectors; v++) {
                vector *to = (vector *)(c + i * c_row + v * LANES);

                *to = add ? *to + sums[i][v] : sums[i][v];
            }
        }
        return;
    }
    for (i = 0; i < rows; i++) {
        float row[PIXEL_VECTORS * LANES];
        int j;

        __builtin_memcpy(row, sums[i], sizeof(vector) * (size_t)vectors);
        for (j = 0; j < width; j++) {
            c[i * c_row + j] = add ? c[i * c_row + j] + row[j] : row[j];
        }
    }
}

#endif
