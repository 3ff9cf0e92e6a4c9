/* Winograd's transforms of a convolution's input and output, one axis at a time (Lavin and Gray 2015, on the points +-p and
   infinity of Toom and Cook, and 0 where the span is even; pairs of points share their even and odd parts).

   A tile at the border may have a shorter span, and so fewer points: the first ones. Its weights are those of the whole
   tile at these points, and its input is multiplied by what the points that are left out contribute to them.

   Constants: VL; MAP, SPAN: output pixels of a tile, and input pixels under it, along an axis; POINT_0, POINT_1, POINT_2:
   the points above zero, of which there are PAIRS(SPAN), in units of 1 / POINT_UNIT. */
#ifndef WINOGRAD_H
#define WINOGRAD_H

#include "simd.h"

#define PAIRS(span) (((span)-1) / 2)
#define ZERO(span) ((span) % 2 == 0)

INLINE float point(int i)
{
    return (float)(i == 0 ? POINT_0 : i == 1 ? POINT_1 : POINT_2) / POINT_UNIT;
}

INLINE float squared(int i)
{
    return point(i) * point(i);
}

/* Of a span's points 0 (if it is one), p0, -p0, p1, ..., infinity, the number that number k has in the whole tile. */
INLINE int position(int k, int span)
{
    return k == span - 1 ? SPAN - 1 : k + ZERO(SPAN) - ZERO(span);
}

/* The polynomial prod (x^2 - p^2) over all of so many points but those of pair i, x^k standing for d[k]. */
INLINE vf without_pair(const vf *d, int i, int pairs)
{
    float a = squared((i + 1) % pairs);
    float b = squared((i + 2) % pairs);

    return pairs == 1 ? d[0] : pairs == 2 ? d[2] - a * d[0] : d[4] - (a + b) * d[2] + a * b * d[0];
}

/* The same over all points. */
INLINE vf of_all(const vf *d, int pairs)
{
    float a = squared(0), b = squared(1), c = squared(2);

    return pairs == 0   ? d[0]
           : pairs == 1 ? d[2] - a * d[0]
           : pairs == 2 ? d[4] - (a + b) * d[2] + a * b * d[0]
                        : d[6] - (a + b + c) * d[4] + (a * b + b * c + c * a) * d[2] - a * b * c * d[0];
}

/* The polynomial over the points that a shorter span leaves out, where x^2 is given and positive x meant. */
INLINE float left_out(float square, float x, int span)
{
    float product = ZERO(SPAN) && !ZERO(span) ? x : 1.0f;
    int i;

    UNROLL
    for (i = PAIRS(span); i < PAIRS(SPAN); i++) {
        product *= square - squared(i);
    }
    return product;
}

/* Row k of B^T, of those for 0 (if it is a point), p0, -p0, p1, -p1, ..., infinity, times d [span]. */
INLINE vf transformed_input(const vf *d, int k, int span)
{
    int zero = ZERO(span), i = (k - zero) / 2;
    float more;
    vf even, odd;

    if (k == span - 1) {
        return of_all(d + zero, PAIRS(span));
    }
    if (zero && k == 0) {
        return left_out(0.0f, 0.0f, span) * of_all(d, PAIRS(span));
    }
    more = left_out(squared(i), point(i), span);
    even = more * without_pair(d + zero + 1, i, PAIRS(span));
    odd = more * point(i) * without_pair(d + zero, i, PAIRS(span));
    if ((k - zero) % 2 == 0) {
        return even + odd;
    }
    return ZERO(SPAN) == zero ? even - odd : odd - even; /* 0 left out is another factor x, here negative */
}

/* to = A^T m, m [span]: the values at the points, as powers of them. */
INLINE void transform_output(const vf *m, vf to[MAP], int span)
{
    vf sums[PAIRS(SPAN)], differences[PAIRS(SPAN)];
    float power[PAIRS(SPAN)];
    int zero = ZERO(span), pairs = PAIRS(span), map = span - (SPAN - MAP);
    int i, k;

    UNROLL
    for (i = 0; i < pairs; i++) {
        sums[i] = m[zero + 2 * i] + m[zero + 2 * i + 1];
        differences[i] = m[zero + 2 * i] - m[zero + 2 * i + 1];
        power[i] = 1.0f;
    }
    UNROLL
    for (k = 0; k < map; k++) {
        to[k] = pairs ? power[0] * (k % 2 ? differences[0] : sums[0]) : (vf){0};
        UNROLL
        for (i = 1; i < pairs; i++) {
            to[k] += power[i] * (k % 2 ? differences[i] : sums[i]);
        }
        UNROLL
        for (i = 0; i < pairs; i++) {
            power[i] *= point(i);
        }
    }
    to[map - 1] += m[span - 1];
    if (zero) {
        to[0] += m[0];
    }
}

#endif
