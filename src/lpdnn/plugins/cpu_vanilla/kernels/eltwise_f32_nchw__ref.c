/* Sum, product or maximum of tensors, a block at a time: every input is read before the output is written, so that
   the output may be any of them. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_eltwise_f32_nchw__ref;

#define BLOCK 64

/* block = coefficient * x */
static void begin(float coefficient, const float *x, float *block, lpdnn_s32 count)
{
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        block[i] = coefficient * x[i];
    }
}

static void fold(lpdnn_s32 kind, float coefficient, const float *x, float *block, lpdnn_s32 count)
{
    lpdnn_s32 i;

    if (kind == LPDNN_ELTWISE_KIND_SUM) {
        for (i = 0; i < count; i++) {
            block[i] += coefficient * x[i];
        }
    } else if (kind == LPDNN_ELTWISE_KIND_PRODUCT) {
        for (i = 0; i < count; i++) {
            block[i] *= x[i];
        }
    } else {
        for (i = 0; i < count; i++) {
            block[i] = x[i] > block[i] ? x[i] : block[i];
        }
    }
}

LpdnnStatus lpdnn_eltwise_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                        void *workspace)
{
    const lpdnn_eltwise_spec *s = spec;
    float *y = out[0]; /* [count], as every input; may be one of them */
    float block[BLOCK];
    lpdnn_s32 first, k, i;

    (void)workspace;
    for (first = 0; first < s->count; first += BLOCK) {
        lpdnn_s32 count = s->count - first < BLOCK ? s->count - first : BLOCK;

        for (k = 0; k < s->inputs; k++) {
            const float *x = (const float *)in[k] + first;
            float coefficient = s->coefficients_count ? s->coefficients[k] : 1.0f;

            if (k == 0) {
                begin(coefficient, x, block, count);
            } else {
                fold(s->kind, coefficient, x, block, count);
            }
        }
        for (i = 0; s->activation.kind != LPDNN_ACTIVATION_IDENTITY && i < count; i++) {
            block[i] = lpdnn_activate(&s->activation, block[i]);
        }
        for (i = 0; i < count; i++) {
            y[first + i] = block[i];
        }
    }
    return LPDNN_OK;
}
