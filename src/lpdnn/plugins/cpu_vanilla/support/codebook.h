/* Packed indices into a codebook. */
#ifndef CODEBOOK_H
#define CODEBOOK_H

#include "lpdnn_dtypes.h"

/* Index i of those that lie one behind the other, `bits` (1 to 8) each, the lowest bit of a byte first. */
static lpdnn_s32 codebook_index(const lpdnn_u8 *indices, lpdnn_s32 i, lpdnn_s32 bits)
{
    lpdnn_s32 bit = i % 8 * bits; /* of the eight that fill `bits` bytes */
    const lpdnn_u8 *byte = indices + (lpdnn_size)(i / 8) * (lpdnn_size)bits + bit / 8;
    lpdnn_s32 shift = bit % 8;
    lpdnn_s32 value = byte[0] >> shift;

    if (shift + bits > 8) {
        value |= byte[1] << (8 - shift);
    }
    return value & ((1 << bits) - 1);
}

#endif
