/* The part of a pooling window that lies in the image. */
#ifndef WINDOW_H
#define WINDOW_H

#include "lpdnn_dtypes.h"

typedef struct {
    lpdnn_s32 first; /* row or column */
    lpdnn_s32 count;
} span;

/* Of a window that starts at `start`, which may lie in the padding, along an axis of `extent`. */
static span inside(lpdnn_s32 start, lpdnn_s32 kernel, lpdnn_s32 extent)
{
    span s;

    s.first = start > 0 ? start : 0;
    s.count = (start + kernel < extent ? start + kernel : extent) - s.first;
    return s;
}

#endif
