/* Sparse products of our own: each value that is there meets a block of pixels in vector registers. */
#include "sparse.h"

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define VECTORS (SPARSE_BLOCK / LANES)
#define RUN 512 /* terms of a sum: long ones lose digits */
#define UNROLL _Pragma("GCC unroll 16")

typedef float vector __attribute__((vector_size(LANES * 4), aligned(4)));

static void clear(float *block, lpdnn_s32 rows)
{
    __builtin_memset(block, 0, sizeof *block * SPARSE_BLOCK * (size_t)rows);
}

/* to [SPARSE_BLOCK] += value * from [SPARSE_BLOCK] */
static inline void add(float value, const vector *from, vector *to)
{
    int v;

    UNROLL
    for (v = 0; v < VECTORS; v++) {
        to[v] += value * from[v];
    }
}

static void by_value(const sparse_matrix *m, const float *x, const lpdnn_s32 *offsets, float *block)
{
    lpdnn_s32 i;

    clear(block, m->rows);
    for (i = 0; i < m->count; i++) {
        add(m->values[i], (const vector *)(x + offsets[m->indices[i]]),
            (vector *)(block + m->starts[i] * SPARSE_BLOCK));
    }
}

static void by_row(const sparse_matrix *m, const float *x, const lpdnn_s32 *offsets, float *block)
{
    lpdnn_s32 row, i;
    int v;

    for (row = 0; row < m->rows; row++) {
        vector sums[VECTORS];
        vector *to = (vector *)(block + row * SPARSE_BLOCK);

        UNROLL
        for (v = 0; v < VECTORS; v++) {
            sums[v] = (vector){0};
        }
        for (i = m->starts[row]; i < m->starts[row + 1]; i++) {
            const vector *from = (const vector *)(x + offsets[m->indices[i]]);
            const float value = m->values[i];

            UNROLL
            for (v = 0; v < VECTORS; v++) {
                sums[v] += value * from[v];
            }
        }
        UNROLL
        for (v = 0; v < VECTORS; v++) {
            to[v] = sums[v];
        }
    }
}

static void by_column(const sparse_matrix *m, const float *x, const lpdnn_s32 *offsets, float *block)
{
    lpdnn_s32 column, i;

    clear(block, m->rows);
    for (column = 0; column < m->columns; column++) {
        const vector *from = (const vector *)(x + offsets[column]);

        for (i = m->starts[column]; i < m->starts[column + 1]; i++) {
            add(m->values[i], from, (vector *)(block + m->indices[i] * SPARSE_BLOCK));
        }
    }
}

LpdnnStatus sparse_block(const sparse_matrix *m, const float *x, const lpdnn_s32 *offsets, float *block)
{
    if (m->format == SPARSE_COO) {
        by_value(m, x, offsets, block);
    } else if (m->format == SPARSE_CSR) {
        by_row(m, x, offsets, block);
    } else {
        by_column(m, x, offsets, block);
    }
    return LPDNN_OK;
}

/* Rows are summed in four parts: they need not wait for each other, and are more exact. */
static float dot(const sparse_matrix *m, lpdnn_s32 first, lpdnn_s32 end, const float *x)
{
    float sums[4] = {0};
    lpdnn_s32 i;

    for (; first + RUN < end; first += RUN) {
        sums[3] += dot(m, first, first + RUN, x);
    }
    for (i = first; i + 4 <= end; i += 4) {
        sums[0] += m->values[i] * x[m->indices[i]];
        sums[1] += m->values[i + 1] * x[m->indices[i + 1]];
        sums[2] += m->values[i + 2] * x[m->indices[i + 2]] + m->values[i + 3] * x[m->indices[i + 3]];
    }
    for (; i < end; i++) {
        sums[0] += m->values[i] * x[m->indices[i]];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* sums [rows] = some columns of m times x; a zero of x, as a ReLU leaves them, costs nothing. */
static void add_columns(const sparse_matrix *m, const float *x, lpdnn_s32 column, lpdnn_s32 end, float *sums)
{
    lpdnn_s32 row, i;

    for (row = 0; row < m->rows; row++) {
        sums[row] = 0.0f;
    }
    for (; column < end; column++) {
        const float value = x[column];

        for (i = m->starts[column]; value != 0.0f && i < m->starts[column + 1]; i++) {
            sums[m->indices[i]] += m->values[i] * value;
        }
    }
}

LpdnnStatus sparse_vector(const sparse_matrix *m, const float *x, float *y, float *sums)
{
    lpdnn_s32 row, column, end, i;

    if (m->format == SPARSE_CSR) {
        for (row = 0; row < m->rows; row++) {
            y[row] = dot(m, m->starts[row], m->starts[row + 1], x);
        }
        return LPDNN_OK;
    }
    for (row = 0; row < m->rows; row++) {
        y[row] = 0.0f;
    }
    if (m->format == SPARSE_COO) {
        for (i = 0; i < m->count; i = end) {
            const lpdnn_s32 limit = m->count - i < RUN ? m->count : i + RUN;
            float sum = 0.0f;

            for (end = i; end < limit && m->starts[end] == m->starts[i]; end++) {
                sum += m->values[end] * x[m->indices[end]];
            }
            y[m->starts[i]] += sum;
        }
        return LPDNN_OK;
    }
    for (column = 0; column < m->columns; column = end) {
        end = m->columns - column < RUN ? m->columns : column + RUN;
        add_columns(m, x, column, end, sums);
        for (row = 0; row < m->rows; row++) {
            y[row] += sums[row];
        }
    }
    return LPDNN_OK;
}
