/* Rounding to the numbers of a narrower floating-point format. */
#include <float.h>

#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_round_to_float_f32_nchw__ref;

typedef union {
    float f;
    lpdnn_u32 u;
} pun;

/* 2^k for -149 <= k <= 127. */
static float power_of_two(lpdnn_s32 k)
{
    pun p;

    p.u = k < -126 ? (lpdnn_u32)1 << (k + 149) : (lpdnn_u32)(k + 127) << 23;
    return p.f;
}

static float too_large(const lpdnn_round_to_float_spec *s)
{
    pun p;

    p.u = s->beyond == LPDNN_ROUND_TO_FLOAT_BEYOND_INFINITY ? 0x7f800000u : 0x7fc00000u;
    return s->beyond == LPDNN_ROUND_TO_FLOAT_BEYOND_LARGEST ? s->largest : p.f;
}

/* Of at most 2^11 steps the number that is kept. */
static float whole(lpdnn_s32 way, float steps)
{
    lpdnn_s32 below = (lpdnn_s32)steps;
    float rest = steps - (float)below;

    switch (way) {
    case LPDNN_ROUND_TO_FLOAT_WAY_UP:
        below += rest > 0.0f;
        break;
    case LPDNN_ROUND_TO_FLOAT_WAY_AWAY:
        below += rest >= 0.5f;
        break;
    case LPDNN_ROUND_TO_FLOAT_WAY_EVEN:
        below += rest > 0.5f || (rest == 0.5f && below % 2 == 1);
        break;
    default:
        break;
    }
    return (float)below;
}

/* Of 0 or more. */
static float rounded(const lpdnn_round_to_float_spec *s, float size)
{
    pun p;
    lpdnn_s32 exponent;
    float step;

    if (size > FLT_MAX) {
        return too_large(s);
    }
    p.f = size;
    exponent = (lpdnn_s32)(p.u >> 23) - 127;
    step = power_of_two((exponent > s->least ? exponent : s->least) - s->mantissa);
    size = whole(s->way, size / step) * step;
    return size > s->largest ? too_large(s) : size;
}

LpdnnStatus lpdnn_round_to_float_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                               void *workspace)
{
    const lpdnn_round_to_float_spec *s = spec;
    const float *x = in[LPDNN_ROUND_TO_FLOAT_X]; /* [count] */
    float *y = out[0];                           /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = x[i];
        if (x[i] < 0.0f) {
            y[i] = -rounded(s, -x[i]);
        } else if (x[i] > 0.0f) {
            y[i] = rounded(s, x[i]);
        }
    }
    return LPDNN_OK;
}
