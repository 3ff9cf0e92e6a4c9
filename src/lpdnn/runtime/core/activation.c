/* The scalar functions of activation nodes and of kernels that apply one before they store. */
#include "lpdnn_ops.h"

static float sigmoid(float x)
{
    float e = lpdnn_expf(x < 0.0f ? x : -x);

    return x < 0.0f ? e / (1.0f + e) : 1.0f / (1.0f + e);
}

/* log(1 + e) for 0 <= e <= 1: the logarithm's error is divided out by what rounding did to 1 + e (Kahan). */
static float log_1_plus(float e)
{
    volatile float u = 1.0f + e;

    return u == 1.0f ? e : lpdnn_logf(u) * (e / (u - 1.0f));
}

/* e^x - 1 for x <= 0, by the same trick. */
static float exp_minus_1(float x)
{
    volatile float u = lpdnn_expf(x);

    if (u == 1.0f) {
        return x;
    }
    return x < -1.0f ? u - 1.0f : (u - 1.0f) * (x / lpdnn_logf(u));
}

/* A rational bound times e^(-x^2), off by at most 1.2e-7 of itself (Numerical Recipes, erfcc). */
float lpdnn_erfcf(float x)
{
    static const float terms[] = {0.17087277f,  -0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f,
                                  -0.18628806f, 0.09678418f,  0.37409196f, 1.00002368f,  -1.26551223f};
    float size = x < 0.0f ? -x : x;
    float t = 1.0f / (1.0f + 0.5f * size);
    float sum = 0.0f;
    int i;

    for (i = 0; i < 10; i++) {
        sum = sum * t + terms[i];
    }
    sum = t * lpdnn_expf(sum - size * size);
    return x < 0.0f ? 2.0f - sum : sum;
}

static float clip(float x, float least, float most)
{
    x = x > least ? x : least;
    return x < most ? x : most;
}

static float softplus(float x)
{
    return (x > 0.0f ? x : 0.0f) + log_1_plus(lpdnn_expf(x < 0.0f ? x : -x));
}

float lpdnn_activate(const lpdnn_activation *f, float x)
{
    switch (f->kind) {
    case LPDNN_ACTIVATION_RELU:
        return x > 0.0f ? x : f->alpha * x;
    case LPDNN_ACTIVATION_CLIP:
        return clip(x, f->alpha, f->beta);
    case LPDNN_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case LPDNN_ACTIVATION_TANH:
        return lpdnn_tanhf(x);
    case LPDNN_ACTIVATION_ELU:
        return x > 0.0f ? x : f->alpha * exp_minus_1(x);
    case LPDNN_ACTIVATION_ABS:
        return x < 0.0f ? -x : x;
    case LPDNN_ACTIVATION_EXP:
        return lpdnn_expf(f->alpha * x + f->beta);
    case LPDNN_ACTIVATION_LOG:
        return lpdnn_logf(f->alpha * x + f->beta);
    case LPDNN_ACTIVATION_SOFTPLUS:
        return softplus(x);
    case LPDNN_ACTIVATION_THRESHOLD:
        return x > f->alpha ? 1.0f : 0.0f;
    case LPDNN_ACTIVATION_SWISH:
        return x * sigmoid(f->alpha * x);
    case LPDNN_ACTIVATION_HARD_SIGMOID:
        return clip(f->alpha * x + f->beta, 0.0f, 1.0f);
    case LPDNN_ACTIVATION_HARD_SWISH:
        return x * clip(f->alpha * x + f->beta, 0.0f, 1.0f);
    case LPDNN_ACTIVATION_GELU:
        return 0.5f * x * lpdnn_erfcf(x * -0.707106781f);
    case LPDNN_ACTIVATION_GELU_TANH:
        return x * sigmoid(1.59576912f * x * (1.0f + 0.044715f * x * x));
    case LPDNN_ACTIVATION_MISH:
        return x * lpdnn_tanhf(softplus(x));
    case LPDNN_ACTIVATION_SOFTSIGN:
        return x / (1.0f + (x < 0.0f ? -x : x));
    default:
        return x;
    }
}
