/* Walking over the rows of a result while operands that may repeat keep up: shared by what broadcasts. */
#ifndef STRETCHED_H
#define STRETCHED_H

#include "lpdnn_kernel.h"

enum {
    MOST_AXES = 8
};

/* One operand: where it is, and how far apart its elements are along each axis of the result. */
typedef struct {
    lpdnn_s32 place;
    const lpdnn_s32 *strides;
} operand;

/* Steps to the next row: the last axis is the row's own. Returns 0 after the last row. */
static int next_row(lpdnn_s32 *index, lpdnn_s32 rank, const lpdnn_s32 *extents, operand *operands, int count)
{
    lpdnn_s32 axis;
    int i;

    for (axis = rank - 2; axis >= 0; axis--) {
        if (++index[axis] < extents[axis]) {
            for (i = 0; i < count; i++) {
                operands[i].place += operands[i].strides[axis];
            }
            return 1;
        }
        for (i = 0; i < count; i++) {
            operands[i].place -= (extents[axis] - 1) * operands[i].strides[axis];
        }
        index[axis] = 0;
    }
    return 0;
}

#endif
