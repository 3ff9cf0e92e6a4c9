/* Sparse products by MKL, in one thread. A matrix is made known to it at its first use, and kept. */
#include "lpdnn_libraries.h"
#include "lpdnn_library.h"
#include "sparse.h"

#include <stdlib.h>

enum {
    NOT_TRANSPOSED = 10,
    GENERAL = 20,
    ROW_MAJOR = 101,
    SEQUENTIAL = 1
};

typedef struct {
    int type;
    int fill;
    int diagonal;
} description;

typedef int layer_function(int layer);
typedef int create_function(void **matrix, int base, int rows, int columns, int *starts, int *ends,
                            int *indices, float *values);
typedef int product_function(int operation, float alpha, void *matrix, description d, int order,
                             const float *x, int count, int x_stride, float beta, float *y, int y_stride);
typedef int vector_function(int operation, float alpha, void *matrix, description d, const float *x,
                            float beta, float *y);

typedef struct entry {
    const void *values;
    void *matrix;
    struct entry *next;
} entry;

static const description general = {GENERAL, 0, 0};
static create_function *create;
static product_function *product;
static vector_function *vector;
static entry *known;

static int ready(void)
{
    static const char *const paths[] = {LPDNN_PASTE(LPDNN_PATHS_, LPDNN_LIBRARY), 0};
    layer_function *layer;
    void *library;

    if (create && product && vector) {
        return 1;
    }
    library = lpdnn_library_open("mkl", LPDNN_PASTE(LPDNN_VARIABLE_, LPDNN_LIBRARY), paths);
    layer = (layer_function *)lpdnn_library_symbol(library, "MKL_Set_Threading_Layer", 0);
    if (layer) {
        layer(SEQUENTIAL);
    }
    create = (create_function *)lpdnn_library_symbol(library, "mkl_sparse_s_create_csr", 0);
    product = (product_function *)lpdnn_library_symbol(library, "mkl_sparse_s_mm", 0);
    vector = (vector_function *)lpdnn_library_symbol(library, "mkl_sparse_s_mv", 0);
    return create && product && vector;
}

static void *matrix_of(const sparse_matrix *m)
{
    int *starts = (int *)m->starts;
    entry *e;

    for (e = known; e; e = e->next) {
        if (e->values == m->values) {
            return e->matrix;
        }
    }
    e = malloc(sizeof *e);
    if (!e || create(&e->matrix, 0, m->rows, m->columns, starts, starts + 1, (int *)m->indices,
                     (float *)m->values) != 0) {
        free(e);
        return 0;
    }
    e->values = m->values;
    e->next = known;
    known = e;
    return e->matrix;
}

LpdnnStatus sparse_block(const sparse_matrix *m, const float *x, const lpdnn_s32 *offsets, float *block)
{
    void *matrix = ready() ? matrix_of(m) : 0;

    (void)offsets; /* lowered pixels lie one block after the other */
    return matrix && product(NOT_TRANSPOSED, 1.0f, matrix, general, ROW_MAJOR, x, SPARSE_BLOCK, SPARSE_BLOCK,
                             0.0f, block, SPARSE_BLOCK) == 0
               ? LPDNN_OK
               : LPDNN_ERROR_KERNEL;
}

LpdnnStatus sparse_vector(const sparse_matrix *m, const float *x, float *y, float *sums)
{
    void *matrix = ready() ? matrix_of(m) : 0;

    (void)sums;
    return matrix && vector(NOT_TRANSPOSED, 1.0f, matrix, general, x, 0.0f, y) == 0 ? LPDNN_OK
                                                                                    : LPDNN_ERROR_KERNEL;
}
