/* Fully connected layer of several images: one matrix product. */
#include "blas_gemm.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    blas_product p = {0};

    (void)workspace;
    p.filters = s->outputs;
    p.pixels = s->batch;
    p.depth = s->inputs;
    p.weights = in[LPDNN_FC_WEIGHT]; /* [K][M] */
    p.x = in[LPDNN_FC_X];            /* [N][K] */
    p.x_stride = s->inputs;
    p.y = out[0]; /* [N][M] */
    p.y_stride = s->outputs;
    p.bias = in[LPDNN_FC_BIAS]; /* [M] or null */
    p.activation = &s->activation;
    return blas_rows(&p);
}
