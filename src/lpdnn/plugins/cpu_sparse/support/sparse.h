/* Products with sparse weights, a block of pixels at a time, over the library that a file is compiled for. */
#ifndef SPARSE_H
#define SPARSE_H

#include "lpdnn_ops.h"

#define SPARSE_PASTE(a, b) SPARSE_PASTE_WORDS(a, b)
#define SPARSE_PASTE_WORDS(a, b) a##b
#define SPARSE_OF(function) SPARSE_PASTE(SPARSE_PASTE(function, _), LPDNN_LIBRARY)

enum {
    SPARSE_COO = 0,
    SPARSE_CSR = 1,
    SPARSE_CSC = 2
};

#define SPARSE_BLOCK 64 /* pixels that are computed at once: workspaces.py */

/* Weights lie as integers, the bits of their values among them. */
typedef float __attribute__((may_alias)) sparse_value;

/* The weights of one group: weights.py writes them. */
typedef struct {
    lpdnn_s32 format;
    lpdnn_s32 rows;
    lpdnn_s32 columns;
    lpdnn_s32 count;            /* of values that are not zero */
    const lpdnn_s32 *starts;    /* CSR: [rows + 1], CSC: [columns + 1], COO: rows of the values [count] */
    const lpdnn_s32 *indices;   /* [count] columns, CSC: rows */
    const sparse_value *values; /* [count] */
} sparse_matrix;

static inline sparse_matrix sparse_group(const void *weights, lpdnn_s32 format, lpdnn_s32 group,
                                         lpdnn_s32 rows, lpdnn_s32 columns)
{
    const lpdnn_s32 *data = (const lpdnn_s32 *)weights + ((const lpdnn_s32 *)weights)[group];
    sparse_matrix m;

    m.format = format;
    m.rows = rows;
    m.columns = columns;
    m.count = data[0];
    m.starts = data + 1;
    m.indices = m.starts + (format == SPARSE_COO ? m.count : (format == SPARSE_CSR ? rows : columns) + 1);
    m.values = (const sparse_value *)(m.indices + m.count);
    return m;
}

/* block [rows][SPARSE_BLOCK] = m . x, where column k of m meets the pixels from x[offsets[k]] on. */
#define sparse_block SPARSE_OF(lpdnn_sparse_block)
LpdnnStatus sparse_block(const sparse_matrix *m, const float *x, const lpdnn_s32 *offsets, float *block);

/* y [rows] = m . x [columns]; sums [rows] are scratch */
#define sparse_vector SPARSE_OF(lpdnn_sparse_vector)
LpdnnStatus sparse_vector(const sparse_matrix *m, const float *x, float *y, float *sums);

#endif
