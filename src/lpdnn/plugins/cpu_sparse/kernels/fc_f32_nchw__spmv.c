/* Fully connected layer with sparse weights: a sparse matrix-vector product for each image. */
#include "sparse.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    const float *bias = in[LPDNN_FC_BIAS]; /* [M] or null */
    const sparse_matrix weights = sparse_group(in[LPDNN_FC_WEIGHT], SPARSE_FORMAT, 0, s->outputs, s->inputs);
    lpdnn_s32 n, m;

    for (n = 0; n < s->batch; n++) {
        const float *x = (const float *)in[LPDNN_FC_X] + n * s->inputs; /* [K] */
        float *y = (float *)out[0] + n * s->outputs;                    /* [M] */
        const LpdnnStatus status = sparse_vector(&weights, x, y, workspace);

        if (status != LPDNN_OK) {
            return status;
        }
        for (m = 0; m < s->outputs; m++) {
            y[m] = lpdnn_activate(&s->activation, bias ? y[m] + bias[m] : y[m]);
        }
    }
    return LPDNN_OK;
}
