/* The whole part of a number, which C89 leaves to its library. */
#ifndef ROUNDING_H
#define ROUNDING_H

#include "lpdnn_kernel.h"

#define ALL_WHOLE 8388608.0f /* 2^23: floats from here on have no fraction; NaN is not below it either */

static float toward_zero(float x)
{
    return x > -ALL_WHOLE && x < ALL_WHOLE ? (float)(lpdnn_s32)x : x;
}

#endif
