/* Fully connected layer of integers with weights in a codebook, looked up where they are multiplied. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qfc_codebook_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#define LPDNN_WEIGHT lpdnn_s8
#define LPDNN_BITS 8
#endif

#include "codebook.h"
#include "lpdnn_ops.h"

#define COLUMNS 1
#include "sums.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qfc_codebook_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QFC_CODEBOOK_X];               /* [batch][inputs] */
    const lpdnn_u8 *indices = in[LPDNN_QFC_CODEBOOK_INDICES];        /* [outputs][inputs / vector], packed */
    const LPDNN_WEIGHT *codebook = in[LPDNN_QFC_CODEBOOK_CODEBOOK];  /* [books][2^bits][vector] */
    const lpdnn_s32 *multiplier = in[LPDNN_QFC_CODEBOOK_MULTIPLIER]; /* [outputs] or [1] */
    const lpdnn_s32 *shift = in[LPDNN_QFC_CODEBOOK_SHIFT];
    const lpdnn_s32 *bias = in[LPDNN_QFC_CODEBOOK_BIAS]; /* [outputs] or null */
    LPDNN_ELEMENT *y = out[0];                           /* [batch][outputs] */
    lpdnn_s32 length = s->inputs / s->vector;
    lpdnn_s32 n, m, i, v;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->outputs; m++) {
            const LPDNN_WEIGHT *book = codebook + m / (s->outputs / s->books) * (s->vector << s->bits);
            lpdnn_s32 f = s->factors == 1 ? 0 : m;
            lpdnn_s32 value;
            sums total;

            begin(&total, 0, bias ? bias[m] : 0);
            for (i = 0; i < length; i++) {
                const LPDNN_WEIGHT *entry =
                    book + codebook_index(indices, m * length + i, s->bits) * s->vector;

                for (v = 0; v < s->vector; v++) {
                    add(&total, 0, entry[v], x[i * s->vector + v] - s->x_zero);
                }
            }
            value = rescaled(&total, 0, multiplier[f], shift[f], s->rounding);
            *y++ = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
        }
        x += s->inputs;
    }
    return LPDNN_OK;
}
