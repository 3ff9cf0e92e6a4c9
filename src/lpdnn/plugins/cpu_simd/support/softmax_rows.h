/* Softmax over rows that lie in one run each. Constant: VL. */
#ifndef SOFTMAX_ROWS_H
#define SOFTMAX_ROWS_H

#include "simd.h"

/* Vectors in a sum of their own: in one long sum, small terms would be lost beside a large one. */
#define RUN 8

/* x, y: [size], which may be the same. */
INLINE void softmax_row(const float *x, float *y, lpdnn_s32 size)
{
    lpdnn_s32 whole = size - size % VL;
    int rest = size % VL;
    vf tail = rest ? filled_up(load_part(x + whole, rest), rest, x[0]) : splat(x[0]);
    vf many = tail, sum = {0}, run = {0};
    float top, share;
    lpdnn_s32 i;

    for (i = 0; i < whole; i += VL) {
        many = larger(load(x + i), many);
    }
    top = largest_of(many);
    for (i = 0; i < whole; i += VL) {
        vf power = exponential(load(x + i) - top);

        store(y + i, power);
        run += power;
        if (i / VL % RUN == RUN - 1) {
            sum += run;
            run = (vf){0};
        }
    }
    tail = filled_up(exponential(tail - top), rest, 0.0f);
    share = 1.0f / sum_of(sum + run + tail);
    for (i = 0; i < whole; i += VL) {
        store(y + i, load(y + i) * share);
    }
    if (rest) {
        store_part(y + whole, tail * share, rest);
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
