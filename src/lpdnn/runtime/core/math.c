/* exp, log, pow, tanh and sqrt in single precision, without libm. */
#include "lpdnn_kernel.h"

static float scale(float x, int n)
{
    float step = n < 0 ? 0.5f : 2.0f;

    for (n = n < 0 ? -n : n; n > 0; n--) {
        x *= step;
    }
    return x;
}

float lpdnn_expf(float x)
{
    int n;
    float r;

    if (x > 89.0f) {
        x = 89.0f;
    }
    if (x < -104.0f) {
        x = -104.0f;
    }
    n = (int)(x * 1.44269504f + (x < 0.0f ? -0.5f : 0.5f));
    r = x - (float)n * 0.693359375f + (float)n * 2.12194440e-4f;
    r = 1.0f + r * (1.0f + r * (0.5f + r * (0.16666667f + r * (0.041666667f + r * (8.3333333e-3f + r * 1.3888889e-3f)))));
    return scale(r, n);
}

float lpdnn_logf(float x)
{
    int n = 0;
    float s;

    while (x > 1.41421356f) {
        x *= 0.5f;
        n++;
    }
    while (x < 0.70710678f) {
        x *= 2.0f;
        n--;
    }
    s = (x - 1.0f) / (x + 1.0f);
    x = s * s;
    return (float)n * 0.69314718f + 2.0f * s * (1.0f + x * (0.33333333f + x * (0.2f + x * (0.14285714f + x * 0.11111111f))));
}

float lpdnn_powf(float x, float y)
{
    return x == 0.0f ? 0.0f : lpdnn_expf(y * lpdnn_logf(x));
}

float lpdnn_tanhf(float x)
{
    float e = lpdnn_expf(-2.0f * (x < 0.0f ? -x : x));

    return x < 0.0f ? (e - 1.0f) / (e + 1.0f) : (1.0f - e) / (1.0f + e);
}

float lpdnn_sqrtf(float x)
{
    float y = x > 1.0f ? x : 1.0f;
    int i;

    for (i = 0; i < 80 && x > 0.0f; i++) {
        y = 0.5f * (y + x / y);
    }
    return x > 0.0f ? y : 0.0f;
}
