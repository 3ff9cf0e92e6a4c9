/* Fully connected layer of integers by its definition. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qfc_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#define LPDNN_WEIGHT lpdnn_s8
#define LPDNN_BITS 8
#endif

#include "lpdnn_ops.h"

#define COLUMNS 1
#include "sums.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qfc_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QFC_X];               /* [batch][inputs] */
    const LPDNN_WEIGHT *weight = in[LPDNN_QFC_WEIGHT];      /* [outputs][inputs] */
    const lpdnn_s32 *multiplier = in[LPDNN_QFC_MULTIPLIER]; /* [outputs] or [1] */
    const lpdnn_s32 *shift = in[LPDNN_QFC_SHIFT];
    const lpdnn_s32 *bias = in[LPDNN_QFC_BIAS]; /* [outputs] or null */
    LPDNN_ELEMENT *y = out[0];                  /* [batch][outputs] */
    lpdnn_s32 n, m, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->outputs; m++) {
            const LPDNN_WEIGHT *row = weight + m * s->inputs;
            lpdnn_s32 f = s->factors == 1 ? 0 : m;
            lpdnn_s32 value;
            sums total;

            begin(&total, 0, bias ? bias[m] : 0);
            for (i = 0; i < s->inputs; i++) {
                add(&total, 0, row[i], x[i] - s->x_zero);
            }
            value = rescaled(&total, 0, multiplier[f], shift[f], s->rounding);
            *y++ = (LPDNN_ELEMENT)lpdnn_clamp(value, s->y_zero, s->low, s->high);
        }
        x += s->inputs;
    }
    return LPDNN_OK;
}
