/* Winograd's transforms of a convolution's input and output, one axis at a time (Lavin and Gray 2015, on the points +-p and
   infinity of Toom and Cook, and 0 where SPAN is even; pairs of points share their even and odd parts).

   Constants: VL; MAP, SPAN: output pixels of a tile, and input pixels under it, along an axis; POINT_0, POINT_1, POINT_2:
   the points above zero, of which there are PAIRS, in units of 1 / POINT_UNIT. */
#ifndef WINOGRAD_H
#define WINOGRAD_H

#include "simd.h"

#define PAIRS ((SPAN - 1) / 2)
#define ZERO (SPAN % 2 == 0)

INLINE float point(int i)
{
    return (float)(i == 0 ? POINT_0 : i == 1 ? POINT_1 : POINT_2) / POINT_UNIT;
}

INLINE float squared(int i)
{
    return point(i) * point(i);
}

/* The polynomial prod (x^2 - p^2) over all points but those of pair i, x^k standing for d[k]. */
INLINE vf without_pair(const vf *d, int i)
{
    float a = squared((i + 1) % PAIRS);
    float b = squared((i + 2) % PAIRS);

    return PAIRS == 1 ? d[0] : PAIRS == 2 ? d[2] - a * d[0] : d[4] - (a + b) * d[2] + a * b * d[0];
}

/* The same over all points. */
INLINE vf of_all(const vf *d)
{
    float a = squared(0), b = squared(1), c = squared(2);

    return PAIRS == 1   ? d[2] - a * d[0]
           : PAIRS == 2 ? d[4] - (a + b) * d[2] + a * b * d[0]
                        : d[6] - (a + b + c) * d[4] + (a * b + b * c + c * a) * d[2] - a * b * c * d[0];
}

/* Row `position` of B^T, of those for 0 (if it is a point), p0, -p0, p1, -p1, ..., infinity, times d [SPAN]. */
INLINE vf transformed_input(const vf *d, int position)
{
    int i = (position - ZERO) / 2;
    vf even, odd;

    if (position == SPAN - 1) {
        return of_all(d + ZERO);
    }
    if (ZERO && position == 0) {
        return of_all(d);
    }
    even = without_pair(d + ZERO + 1, i);
    odd = point(i) * without_pair(d + ZERO, i);
    return (position - ZERO) % 2 ? even - odd : even + odd;
}

/* to = A^T m: the values at the points, as powers of them. */
INLINE void transform_output(const vf m[SPAN], vf to[MAP])
{
    vf sums[PAIRS], differences[PAIRS];
    float power[PAIRS];
    int i, k;

    UNROLL
    for (i = 0; i < PAIRS; i++) {
        sums[i] = m[ZERO + 2 * i] + m[ZERO + 2 * i + 1];
        differences[i] = m[ZERO + 2 * i] - m[ZERO + 2 * i + 1];
        power[i] = 1.0f;
    }
    UNROLL
    for (k = 0; k < MAP; k++) {
        to[k] = power[0] * (k % 2 ? differences[0] : sums[0]);
        UNROLL
        for (i = 1; i < PAIRS; i++) {
            to[k] += power[i] * (k % 2 ? differences[i] : sums[i]);
        }
        UNROLL
        for (i = 0; i < PAIRS; i++) {
            power[i] *= point(i);
        }
    }
    to[MAP - 1] += m[SPAN - 1];
    if (ZERO) {
        to[0] += m[0];
    }
}

#endif
