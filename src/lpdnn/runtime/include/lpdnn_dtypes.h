/* Number types of LPDNN: the one place that knows the widths of the compiler's integers. */
#ifndef LPDNN_DTYPES_H
#define LPDNN_DTYPES_H

#include <limits.h>
#include <stddef.h>

typedef signed char lpdnn_s8;
typedef unsigned char lpdnn_u8;

#if SHRT_MAX == 32767
typedef short lpdnn_s16;
typedef unsigned short lpdnn_u16;
#else
#error "LPDNN needs a 16-bit short"
#endif

#if INT_MAX >= 2147483647
typedef int lpdnn_s32;
typedef unsigned int lpdnn_u32;
#else
typedef long lpdnn_s32;
typedef unsigned long lpdnn_u32;
#endif

typedef float lpdnn_f32;
typedef size_t lpdnn_size;

/* Element type of a blob. */
typedef enum {
    LPDNN_F32 = 0,
    LPDNN_S16 = 1,
    LPDNN_S8 = 2,
    LPDNN_U8 = 3,
    LPDNN_S32 = 4
} LpdnnDataType;

/* Order of a blob's elements in memory. NCHW means row-major over the shape, whatever the rank. */
typedef enum {
    LPDNN_NCHW = 0,
    LPDNN_NHWC = 1,
    LPDNN_NCHW8C = 2,
    LPDNN_NCHW16C = 3
} LpdnnLayout;

/* What became of a call. */
typedef enum {
    LPDNN_OK = 0,
    LPDNN_ERROR_ARGUMENT = 1, /* a handle or pointer is null, freed or of the wrong kind */
    LPDNN_ERROR_STATE = 2,    /* called before LpdnnInit or LpdnnNetInit, or twice */
    LPDNN_ERROR_MODEL = 3,    /* the model was not generated with this network specification */
    LPDNN_ERROR_BUSY = 4,     /* another handle is using this network's arena */
    LPDNN_ERROR_KERNEL = 5,   /* a kernel refused its operands */
    LPDNN_ERROR_FILE = 6,     /* the model's file is missing, short or of another network */
    LPDNN_ERROR_DENIED = 7    /* the CPU lacks what a kernel is made of, or the system denies it */
} LpdnnStatus;

#endif
