/* Blobs: what a network reads and writes, with shape, type, layout and fixed-point format. */
#ifndef LPDNN_BLOB_H
#define LPDNN_BLOB_H

#include "lpdnn_dtypes.h"

typedef struct LpdnnBlob LpdnnBlob;
typedef LpdnnBlob *LpdnnBlobHndl;
typedef const LpdnnBlob *LpdnnConstBlobHndl;

/* The elements; null for a null handle. They stay where they are until LpdnnNetFree. */
void *LpdnnBlobDataGet(LpdnnConstBlobHndl blob);
const char *LpdnnBlobNameGet(LpdnnConstBlobHndl blob);
lpdnn_s32 LpdnnBlobRankGet(LpdnnConstBlobHndl blob);
/* Extent along `axis`, 0 where there is no such axis. */
lpdnn_s32 LpdnnBlobDimGet(LpdnnConstBlobHndl blob, lpdnn_s32 axis);
/* Number of elements: the product of the extents. */
lpdnn_size LpdnnBlobCountGet(LpdnnConstBlobHndl blob);
LpdnnDataType LpdnnBlobTypeGet(LpdnnConstBlobHndl blob);
LpdnnLayout LpdnnBlobLayoutGet(LpdnnConstBlobHndl blob);
/* [IL.FL] of a fixed-point blob; both 0 for floating point, and where the scale is no power of two. */
lpdnn_s32 LpdnnBlobIntegerLengthGet(LpdnnConstBlobHndl blob);
lpdnn_s32 LpdnnBlobFractionLengthGet(LpdnnConstBlobHndl blob);
/* An integer q stands for scale * (q - zero point); 1 and 0 for floating point, and where it is not known. */
float LpdnnBlobScaleGet(LpdnnConstBlobHndl blob);
lpdnn_s32 LpdnnBlobZeroPointGet(LpdnnConstBlobHndl blob);

#endif
