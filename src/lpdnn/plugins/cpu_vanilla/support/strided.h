/* Copying a box of elements that lie apart: shared by permute and slice. */
#ifndef STRIDED_H
#define STRIDED_H

#include "lpdnn_kernel.h"

enum {
    MAX_RANK = 8
};

void *memcpy(void *to, const void *from, size_t bytes);

/* y [extents[0]]...[extents[rank-1]] gets the elements of x that are strides[axis] apart along each axis. */
static void copy_strided(const LPDNN_ELEMENT *x, LPDNN_ELEMENT *y, lpdnn_s32 rank, const lpdnn_s32 *extents,
                         const lpdnn_s32 *strides)
{
    lpdnn_s32 index[MAX_RANK] = {0};
    lpdnn_s32 run = extents[rank - 1];
    lpdnn_s32 stride = strides[rank - 1];
    lpdnn_s32 axis, i;

    do {
        if (stride == 1) {
            memcpy(y, x, (size_t)run * sizeof *y);
        } else {
            for (i = 0; i < run; i++) {
                y[i] = x[i * stride];
            }
        }
        y += run;
        /* The next run: one step along the last axis that has any left; those after it start anew. */
        for (axis = rank - 2; axis >= 0; axis--) {
            if (++index[axis] < extents[axis]) {
                x += strides[axis];
                break;
            }
            index[axis] = 0;
            x -= (extents[axis] - 1) * strides[axis];
        }
    } while (axis >= 0);
}

#endif
