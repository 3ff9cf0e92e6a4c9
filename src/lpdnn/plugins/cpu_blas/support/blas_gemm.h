/* Matrix products with weights, over the library that a file is compiled for: LPDNN_LIBRARY is its name. */
#ifndef BLAS_GEMM_H
#define BLAS_GEMM_H

#include "lpdnn_ops.h"

#define BLAS_PASTE(a, b) BLAS_PASTE_WORDS(a, b)
#define BLAS_PASTE_WORDS(a, b) a##b
#define BLAS_OF(function) BLAS_PASTE(BLAS_PASTE(function, _), LPDNN_LIBRARY)

/* y = weights times x, finished with bias and activation where they are not null. Strides are in elements. */
typedef struct {
    lpdnn_s32 filters;
    lpdnn_s32 pixels;
    lpdnn_s32 depth;
    const float *weights; /* as the plugin's weights.py prepares them for the library */
    const float *x;
    lpdnn_s32 x_stride; /* between rows of x */
    float *y;
    lpdnn_s32 y_stride; /* between rows of y */
    lpdnn_s32 add;      /* y += instead of y = */
    const float *bias;  /* [filters] */
    const lpdnn_activation *activation;
    float *workspace; /* of blas_planes alone, as the manifest says */
} blas_product;

/* y [filters][pixels] = weights [filters][depth] . x [depth][pixels] */
#define blas_planes BLAS_OF(lpdnn_blas_planes)
LpdnnStatus blas_planes(const blas_product *product);

/* y [pixels][filters] = x [pixels][depth] . weights [depth][filters] */
#define blas_rows BLAS_OF(lpdnn_blas_rows)
LpdnnStatus blas_rows(const blas_product *product);

/* y [filters] = weights [filters][depth] . x [depth] */
#define blas_vector BLAS_OF(lpdnn_blas_vector)
LpdnnStatus blas_vector(const blas_product *product);

/* Elements of workspace that blas_planes takes. */
#define blas_plane_workspace BLAS_OF(lpdnn_blas_plane_workspace)
lpdnn_s32 blas_plane_workspace(lpdnn_s32 pixels, lpdnn_s32 depth);

/* Elements that the weights of one product take. */
#define blas_plane_weights BLAS_OF(lpdnn_blas_plane_weights)
lpdnn_s32 blas_plane_weights(lpdnn_s32 filters, lpdnn_s32 depth);
#define blas_row_weights BLAS_OF(lpdnn_blas_row_weights)
lpdnn_s32 blas_row_weights(lpdnn_s32 filters, lpdnn_s32 depth);

#endif
