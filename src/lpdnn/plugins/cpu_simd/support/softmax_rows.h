/* Softmax over rows that lie in one run each. Constant: VL. */
#ifndef SOFTMAX_ROWS_H
#define SOFTMAX_ROWS_H

#include "simd.h"

/* Vectors in a sum of their own: in one long sum, small terms would be lost beside a large one. */
#define RUN 8

/* x, y: [size], which may be the same. */
INLINE void softmax_row(const float *x, float *y, lpdnn_s32 size)
{
    float top = x[0];
    vf sum = {0}, run = {0};
    vf many = splat(x[0]);
    float few = 0.0f;
    lpdnn_s32 i, j;

    for (i = 0; i + VL <= size; i += VL) {
        many = larger(load(x + i), many);
    }
    top = largest_of(many);
    for (j = i; j < size; j++) {
        top = x[j] > top ? x[j] : top;
    }
    for (i = 0; i + VL <= size; i += VL) {
        vf power = exponential(load(x + i) - top);

        store(y + i, power);
        run += power;
        if (i / VL % RUN == RUN - 1) {
            sum += run;
            run = (vf){0};
        }
    }
    for (j = i; j < size; j++) {
        y[j] = lpdnn_expf(x[j] - top);
        few += y[j];
    }
    few = 1.0f / (few + sum_of(sum + run));
    for (i = 0; i + VL <= size; i += VL) {
        store(y + i, load(y + i) * few);
    }
    for (; i < size; i++) {
        y[i] *= few;
    }
}

INLINE void softmax_rows(const lpdnn_softmax_spec *s, const float *x, float *y)
{
    lpdnn_s32 rows = s->outer * s->inner;
    lpdnn_s32 i;

    for (i = 0; i < rows; i++) {
        softmax_row(x + i * s->size, y + i * s->size, s->size);
    }
}

#endif
