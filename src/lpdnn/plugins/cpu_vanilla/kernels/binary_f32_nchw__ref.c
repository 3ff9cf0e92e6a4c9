/* Functions of two tensors, either of which may repeat along some axes. */
#include "lpdnn_ops.h"
#include "rounding.h"
#include "stretched.h"

lpdnn_kernel lpdnn_binary_f32_nchw__ref;

static float remainder_of(float a, float b, int sign_of_divisor)
{
    float quotient = toward_zero(a / b);
    float rest = quotient == 0.0f ? a : a - quotient * b; /* 0 times an infinite divisor would be NaN */

    return sign_of_divisor && rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

static float combine(lpdnn_s32 kind, float a, float b)
{
    switch (kind) {
    case LPDNN_BINARY_KIND_ADD:
        return a + b;
    case LPDNN_BINARY_KIND_SUB:
        return a - b;
    case LPDNN_BINARY_KIND_MUL:
        return a * b;
    case LPDNN_BINARY_KIND_DIV:
        return a / b;
    case LPDNN_BINARY_KIND_MAX:
        return a > b ? a : b;
    case LPDNN_BINARY_KIND_MIN:
        return a < b ? a : b;
    case LPDNN_BINARY_KIND_POW:
        return lpdnn_powf(a, b);
    case LPDNN_BINARY_KIND_MOD:
        return remainder_of(a, b, 1);
    case LPDNN_BINARY_KIND_FMOD:
        return remainder_of(a, b, 0);
    case LPDNN_BINARY_KIND_EQUAL:
        return a == b ? 1.0f : 0.0f;
    case LPDNN_BINARY_KIND_LESS:
        return a < b ? 1.0f : 0.0f;
    default:
        return a <= b ? 1.0f : 0.0f;
    }
}

LpdnnStatus lpdnn_binary_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_binary_spec *s = spec;
    const float *a = in[LPDNN_BINARY_A];
    const float *b = in[LPDNN_BINARY_B];
    float *y = out[0]; /* [extents], may be a where that repeats nowhere */
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    lpdnn_s32 size = s->extents[rank - 1];
    lpdnn_s32 a_step = s->a_strides[rank - 1];
    lpdnn_s32 b_step = s->b_strides[rank - 1];
    operand from[2];
    lpdnn_s32 i;

    (void)workspace;
    from[0].place = 0;
    from[0].strides = s->a_strides;
    from[1].place = 0;
    from[1].strides = s->b_strides;
    do {
        for (i = 0; i < size; i++) {
            y[i] = combine(s->kind, a[from[0].place + i * a_step], b[from[1].place + i * b_step]);
        }
        for (i = 0; s->activation.kind != LPDNN_ACTIVATION_IDENTITY && i < size; i++) {
            y[i] = lpdnn_activate(&s->activation, y[i]);
        }
        y += size;
    } while (next_row(index, rank, s->extents, from, 2));
    return LPDNN_OK;
}
