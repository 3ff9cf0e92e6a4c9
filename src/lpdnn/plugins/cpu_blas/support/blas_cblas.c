/* Matrix products by a library with the C interface of BLAS, in one thread. */
#include "blas_finish.h"
#include "blas_gemm.h"
#include "lpdnn_libraries.h"
#include "lpdnn_library.h"

#include <stdlib.h>

enum {
    ROW_MAJOR = 101,
    PLAIN = 111
};

#define RUN 2048 /* terms of a sum: ATLAS has one sum for all, which loses digits over 25088 equal terms */

typedef void sgemm_function(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                            const float *a, int a_stride, const float *b, int b_stride, float beta, float *c,
                            int c_stride);
typedef void sgemv_function(int order, int transpose, int m, int n, float alpha, const float *a, int a_stride,
                            const float *x, int x_step, float beta, float *y, int y_step);
typedef void threads_function(int count);
typedef int layer_function(int layer);

static sgemm_function *sgemm;
static sgemv_function *sgemv;

/* Each library has its own word for "one thread"; those that it does not know are not in it. */
static void one_thread(void *library)
{
    threads_function *openblas = (threads_function *)lpdnn_library_symbol(library, "openblas_set_num_threads",
                                                                          "scipy_openblas_set_num_threads");
    threads_function *blis =
        (threads_function *)lpdnn_library_symbol(library, "bli_thread_set_num_threads", 0);
    layer_function *mkl = (layer_function *)lpdnn_library_symbol(library, "MKL_Set_Threading_Layer", 0);

    if (openblas) {
        openblas(1);
    }
    if (blis) {
        blis(1);
    }
    if (mkl) {
        mkl(1); /* sequential */
    }
}

static int ready(void)
{
    static const char *const paths[] = {LPDNN_PASTE(LPDNN_PATHS_, LPDNN_LIBRARY), 0};
    void *library;

    if (sgemm && sgemv) {
        return 1;
    }
    library =
        lpdnn_library_open(LPDNN_QUOTE(LPDNN_LIBRARY), LPDNN_PASTE(LPDNN_VARIABLE_, LPDNN_LIBRARY), paths);
    one_thread(library);
    sgemm = (sgemm_function *)lpdnn_library_symbol(library, "cblas_sgemm", "scipy_cblas_sgemm");
    sgemv = (sgemv_function *)lpdnn_library_symbol(library, "cblas_sgemv", "scipy_cblas_sgemv");
    return sgemm && sgemv;
}

LpdnnStatus blas_planes(const blas_product *p)
{
    if (!ready()) {
        return LPDNN_ERROR_KERNEL;
    }
    sgemm(ROW_MAJOR, PLAIN, PLAIN, p->filters, p->pixels, p->depth, 1.0f, p->weights, p->depth, p->x,
          p->x_stride, p->add ? 1.0f : 0.0f, p->y, p->y_stride);
    if (p->activation) {
        blas_finish_planes(p->y, p->y_stride, p->filters, p->pixels, p->bias, p->activation);
    }
    return LPDNN_OK;
}

LpdnnStatus blas_rows(const blas_product *p)
{
    if (!ready()) {
        return LPDNN_ERROR_KERNEL;
    }
    sgemm(ROW_MAJOR, PLAIN, PLAIN, p->pixels, p->filters, p->depth, 1.0f, p->x, p->x_stride, p->weights,
          p->filters, p->add ? 1.0f : 0.0f, p->y, p->y_stride);
    if (p->activation) {
        blas_finish_rows(p->y, p->y_stride, p->filters, p->pixels, p->bias, p->activation);
    }
    return LPDNN_OK;
}

LpdnnStatus blas_vector(const blas_product *p)
{
    lpdnn_s32 k;

    if (!ready()) {
        return LPDNN_ERROR_KERNEL;
    }
    for (k = 0; k < p->depth; k += RUN) {
        const lpdnn_s32 depth = p->depth - k < RUN ? p->depth - k : RUN;

        sgemv(ROW_MAJOR, PLAIN, p->filters, depth, 1.0f, p->weights + k, p->depth, p->x + k, 1,
              k ? 1.0f : 0.0f, p->y, 1);
    }
    blas_finish_rows(p->y, p->filters, p->filters, 1, p->bias, p->activation);
    return LPDNN_OK;
}

lpdnn_s32 blas_plane_weights(lpdnn_s32 filters, lpdnn_s32 depth)
{
    return filters * depth;
}

lpdnn_s32 blas_row_weights(lpdnn_s32 filters, lpdnn_s32 depth)
{
    return filters * depth;
}

lpdnn_s32 blas_plane_workspace(lpdnn_s32 pixels, lpdnn_s32 depth)
{
    (void)pixels;
    (void)depth;
    return 0;
}
