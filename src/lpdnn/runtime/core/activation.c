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

float lpdnn_activate(const lpdnn_activation *f, float x)
{
    switch (f->kind) {
    case LPDNN_ACTIVATION_RELU:
        return x > 0.0f ? x : f->alpha * x;
    case LPDNN_ACTIVATION_CLIP:
        x = x > f->alpha ? x : f->alpha;
        return x < f->beta ? x : f->beta;
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
        return (x > 0.0f ? x : 0.0f) + log_1_plus(lpdnn_expf(x < 0.0f ? x : -x));
    case LPDNN_ACTIVATION_THRESHOLD:
        return x > f->alpha ? 1.0f : 0.0f;
    case LPDNN_ACTIVATION_SWISH:
        return x * sigmoid(f->alpha * x);
    default:
        return x;
    }
}
