/* Any function of integers of 8 bits: a look into its table. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qlut_s8_any__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qlut_spec *s = spec;
    const void *x = in[LPDNN_QLUT_X];                  /* [count] of s8 or u8 */
    const LPDNN_ELEMENT *table = in[LPDNN_QLUT_TABLE]; /* [256] */
    LPDNN_ELEMENT *y = out[0];                         /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = table[s->least < 0 ? ((const lpdnn_s8 *)x)[i] - s->least : ((const lpdnn_u8 *)x)[i]];
    }
    return LPDNN_OK;
}
