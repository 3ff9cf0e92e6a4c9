/* Integers of a type that is known at run time. */
#ifndef ELEMENT_H
#define ELEMENT_H

#include "lpdnn_dtypes.h"

static lpdnn_s32 element(const void *x, lpdnn_s32 type, lpdnn_s32 i)
{
    switch (type) {
    case LPDNN_S8:
        return ((const lpdnn_s8 *)x)[i];
    case LPDNN_U8:
        return ((const lpdnn_u8 *)x)[i];
    case LPDNN_S16:
        return ((const lpdnn_s16 *)x)[i];
    default:
        return ((const lpdnn_s32 *)x)[i];
    }
}

#endif
