/* Any function of integers of 16 bits: straight lines between the entries of its table. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_qlut_s16_any__ref;

LpdnnStatus lpdnn_qlut_s16_any__ref(const void *spec, const void *const *in, void *const *out,
                                    void *workspace)
{
    const lpdnn_qlut_spec *s = spec;
    const lpdnn_s16 *x = in[LPDNN_QLUT_X];         /* [count] */
    const lpdnn_s16 *table = in[LPDNN_QLUT_TABLE]; /* [513] */
    lpdnn_s16 *y = out[0];                         /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        lpdnn_s32 place = x[i] - s->least;
        const lpdnn_s16 *entry = table + (place >> 7);

        y[i] = (lpdnn_s16)(entry[0] + (((entry[1] - entry[0]) * (place & 127) + 64) >> 7));
    }
    return LPDNN_OK;
}
