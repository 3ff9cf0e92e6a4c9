/* Fully connected layer: a matrix-vector product for each image. */
#include "blas_gemm.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    blas_product p = {0};
    lpdnn_s32 n;

    (void)workspace;
    p.filters = s->outputs;
    p.depth = s->inputs;
    p.weights = in[LPDNN_FC_WEIGHT]; /* [M][K] */
    p.bias = in[LPDNN_FC_BIAS];      /* [M] or null */
    p.activation = &s->activation;
    for (n = 0; n < s->batch; n++) {
        LpdnnStatus status;

        p.x = (const float *)in[LPDNN_FC_X] + n * s->inputs; /* [N][K] */
        p.y = (float *)out[0] + n * s->outputs;              /* [N][M] */
        status = blas_vector(&p);
        if (status != LPDNN_OK) {
            return status;
        }
    }
    return LPDNN_OK;
}
