/* The channels of a pixel in nhwc, a vector at a time; where they are no multiple of a vector, the last one overlaps the
   one before, so the result must not be written over what is read. Constants: VL, CHANNELS. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include "simd.h"

#define BLOCKS ((CHANNELS + VL - 1) / VL)
#define LANES (CHANNELS < VL ? CHANNELS : VL)

INLINE lpdnn_s32 block_start(lpdnn_s32 block)
{
    return CHANNELS < VL ? 0 : least(block * VL, CHANNELS - VL);
}

/* For results that may be written over what is read: how many of a block's channels no other block has. */
INLINE int own_lanes(lpdnn_s32 block)
{
    return CHANNELS % VL == 0 || block < BLOCKS - 1 ? VL : CHANNELS % VL;
}

#endif
