/* Largest of tensors of integers in one format, element by element. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_eltwise_s8_any__max
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_eltwise_spec *s = spec;
    LPDNN_ELEMENT *y = out[0]; /* [count], may be any of the inputs */
    lpdnn_s32 i, k;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        LPDNN_ELEMENT most = ((const LPDNN_ELEMENT *)in[0])[i];

        for (k = 1; k < s->inputs; k++) {
            LPDNN_ELEMENT x = ((const LPDNN_ELEMENT *)in[k])[i];

            most = x > most ? x : most;
        }
        y[i] = most;
    }
    return LPDNN_OK;
}
