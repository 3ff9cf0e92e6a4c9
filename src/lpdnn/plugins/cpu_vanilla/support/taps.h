/* Which columns a filter tap pairs up: shared by convolution and deconvolution. */
#ifndef TAPS_H
#define TAPS_H

#include "lpdnn_dtypes.h"

/* Column i of the strided row meets column i * stride + offset of the other, which is `width` columns long: the first i
   for which that is inside, and one past the last of `count`. */
static lpdnn_s32 first_column(lpdnn_s32 offset, lpdnn_s32 stride)
{
    return offset >= 0 ? 0 : (-offset + stride - 1) / stride;
}

static lpdnn_s32 end_column(lpdnn_s32 offset, lpdnn_s32 stride, lpdnn_s32 width, lpdnn_s32 count)
{
    lpdnn_s32 end = offset >= width ? 0 : (width - 1 - offset) / stride + 1;
    return end < count ? end : count;
}

#endif
