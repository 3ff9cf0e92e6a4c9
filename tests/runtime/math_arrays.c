/* Applies the runtime's functions to arrays, so that a test can call them by the million. */
#include "lpdnn_kernel.h"

void exp_array(const float *x, float *y, lpdnn_size count);
void log_array(const float *x, float *y, lpdnn_size count);
void tanh_array(const float *x, float *y, lpdnn_size count);
void sqrt_array(const float *x, float *y, lpdnn_size count);
void pow_array(const float *x, const float *p, float *y, lpdnn_size count);

void exp_array(const float *x, float *y, lpdnn_size count)
{
    lpdnn_size i;
    for (i = 0; i < count; ++i) {
        y[i] = lpdnn_expf(x[i]);
    }
}

void log_array(const float *x, float *y, lpdnn_size count)
{
    lpdnn_size i;
    for (i = 0; i < count; ++i) {
        y[i] = lpdnn_logf(x[i]);
    }
}

void tanh_array(const float *x, float *y, lpdnn_size count)
{
    lpdnn_size i;
    for (i = 0; i < count; ++i) {
        y[i] = lpdnn_tanhf(x[i]);
    }
}

void sqrt_array(const float *x, float *y, lpdnn_size count)
{
    lpdnn_size i;
    for (i = 0; i < count; ++i) {
        y[i] = lpdnn_sqrtf(x[i]);
    }
}

void pow_array(const float *x, const float *p, float *y, lpdnn_size count)
{
    lpdnn_size i;
    for (i = 0; i < count; ++i) {
        y[i] = lpdnn_powf(x[i], p[i]);
    }
}
