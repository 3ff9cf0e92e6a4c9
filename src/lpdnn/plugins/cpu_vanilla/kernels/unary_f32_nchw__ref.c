/* Scalar functions that only few networks use. */
#include "lpdnn_ops.h"
#include "rounding.h"

lpdnn_kernel lpdnn_unary_f32_nchw__ref;

#define HALF_PI 1.57079633f
#define TO_QUARTERS 0.636619772f /* 2 / pi */

static float size_of(float x)
{
    return x < 0.0f ? -x : x;
}

static float down(float x)
{
    float whole = toward_zero(x);

    return whole > x ? whole - 1.0f : whole;
}

static float half_to_even(float x)
{
    float below = down(x);
    float above = x - below;

    if (above < 0.5f || (above == 0.5f && down(below * 0.5f) * 2.0f == below)) {
        return below;
    }
    return above >= 0.5f ? below + 1.0f : x;
}

/* log(1 + x); the logarithm's error is divided out by what rounding did to 1 + x (Kahan). */
static float log_1_plus(float x)
{
    volatile float u = 1.0f + x;

    return u == 1.0f ? x : lpdnn_logf(u) * (x / (u - 1.0f));
}

/* Sine of x + quarters pi/2. Pi/2 is subtracted in three parts, the first two of few bits (Cody and Waite). */
static float sine(float x, float quarters)
{
    float turns = half_to_even(x * TO_QUARTERS);
    volatile float rest = x - turns * 1.5703125f;
    float r, r2, quarter, y;

    rest = rest - turns * 4.83751297e-4f;
    r = rest - turns * 7.54978943e-8f;
    r2 = r * r;
    turns += quarters;
    quarter = turns - 4.0f * down(turns * 0.25f);
    if (quarter == 1.0f || quarter == 3.0f) {
        y = 1.0f + r2 * (-0.5f + r2 * (4.16666667e-2f + r2 * (-1.38888889e-3f + r2 * 2.48015873e-5f)));
    } else {
        y = r +
            r * r2 * (-1.66666667e-1f + r2 * (8.33333333e-3f + r2 * (-1.98412698e-4f + r2 * 2.75573e-6f)));
    }
    return quarter >= 2.0f ? -y : y;
}

/* For 0 <= x: its own series up to tan(pi/16), around pi/8 multiples beyond. */
static float arc_tangent(float x)
{
    float base = 0.0f;
    float x2;

    if (x > 2.41421356f) { /* tan(3 pi/8) */
        base = HALF_PI;
        x = -1.0f / x;
    } else if (x > 0.414213562f) { /* tan(pi/8) */
        base = 0.5f * HALF_PI;
        x = (x - 1.0f) / (x + 1.0f);
    }
    x2 = x * x;
    return base + x -
           x * x2 *
               (0.333333333f -
                x2 * (0.2f -
                      x2 * (0.142857143f - x2 * (0.111111111f - x2 * (0.0909090909f - x2 * 0.0769230769f)))));
}

/* For 0 <= x. */
static float hyperbolic_sine(float x)
{
    float x2 = x * x;
    float e;

    if (x < 1.0f) {
        return x +
               x * x2 * (1.66666667e-1f + x2 * (8.33333333e-3f + x2 * (1.98412698e-4f + x2 * 2.75573e-6f)));
    }
    e = lpdnn_expf(x * 0.5f); /* halves, so that it does not overflow before the result does */
    return 0.5f * e * e - 0.5f / e / e;
}

static float error_function(float x)
{
    float x2 = x * x;

    if (size_of(x) < 0.5f) {
        return 1.12837917f * x *
               (1.0f -
                x2 * (0.333333333f -
                      x2 * (0.1f - x2 * (2.38095238e-2f - x2 * (4.62962963e-3f - x2 * 7.57575758e-4f)))));
    }
    return 1.0f - lpdnn_erfcf(x);
}

static float odd(lpdnn_s32 kind, float x)
{
    switch (kind) {
    case LPDNN_UNARY_KIND_ASIN:
        return x < 0.5f ? arc_tangent(x / lpdnn_sqrtf((1.0f - x) * (1.0f + x)))
                        : HALF_PI - 2.0f * arc_tangent(lpdnn_sqrtf((1.0f - x) / (1.0f + x)));
    case LPDNN_UNARY_KIND_ATAN:
        return arc_tangent(x);
    case LPDNN_UNARY_KIND_SINH:
        return hyperbolic_sine(x);
    case LPDNN_UNARY_KIND_ASINH:
        return log_1_plus(x + x * (x / (1.0f + lpdnn_sqrtf(1.0f + x * x))));
    case LPDNN_UNARY_KIND_ATANH:
        return 0.5f * log_1_plus(2.0f * x / (1.0f - x));
    default:
        return toward_zero(x);
    }
}

static float value(lpdnn_s32 kind, float x)
{
    switch (kind) {
    case LPDNN_UNARY_KIND_FLOOR:
        return down(x);
    case LPDNN_UNARY_KIND_CEIL:
        return -down(-x);
    case LPDNN_UNARY_KIND_ROUND:
        return half_to_even(x);
    case LPDNN_UNARY_KIND_SIGN:
        return x > 0.0f ? 1.0f : (x < 0.0f ? -1.0f : x);
    case LPDNN_UNARY_KIND_NONZERO:
        return x != 0.0f ? 1.0f : 0.0f;
    case LPDNN_UNARY_KIND_IS_NAN:
        return x != x ? 1.0f : 0.0f;
    case LPDNN_UNARY_KIND_IS_INF:
        return x == x && x - x != 0.0f ? 1.0f : 0.0f;
    case LPDNN_UNARY_KIND_ERF:
        return error_function(x);
    case LPDNN_UNARY_KIND_SIN:
        return sine(x, 0.0f);
    case LPDNN_UNARY_KIND_COS:
        return sine(x, 1.0f);
    case LPDNN_UNARY_KIND_TAN:
        return sine(x, 0.0f) / sine(x, 1.0f);
    case LPDNN_UNARY_KIND_ACOS:
        return 2.0f * arc_tangent(lpdnn_sqrtf((1.0f - x) / (1.0f + x)));
    case LPDNN_UNARY_KIND_COSH:
        return 1.0f + 2.0f * hyperbolic_sine(size_of(x) * 0.5f) * hyperbolic_sine(size_of(x) * 0.5f);
    case LPDNN_UNARY_KIND_ACOSH:
        return log_1_plus(x - 1.0f + lpdnn_sqrtf((x - 1.0f) * (x + 1.0f)));
    default:
        return x < 0.0f ? -odd(kind, -x) : odd(kind, x);
    }
}

LpdnnStatus lpdnn_unary_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                      void *workspace)
{
    const lpdnn_unary_spec *s = spec;
    const float *x = in[LPDNN_UNARY_X]; /* [count] */
    float *y = out[0];                  /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        y[i] = value(s->kind, x[i]);
    }
    return LPDNN_OK;
}
