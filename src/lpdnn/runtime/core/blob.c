/* Blobs: questions about a network's inputs and outputs. */
#include "lpdnn_network.h"

void *LpdnnBlobDataGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->data : 0;
}

const char *LpdnnBlobNameGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->name : 0;
}

lpdnn_s32 LpdnnBlobRankGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->rank : 0;
}

lpdnn_s32 LpdnnBlobDimGet(LpdnnConstBlobHndl blob, lpdnn_s32 axis)
{
    return axis >= 0 && axis < LpdnnBlobRankGet(blob) ? blob->spec->shape[axis] : 0;
}

lpdnn_size LpdnnBlobCountGet(LpdnnConstBlobHndl blob)
{
    lpdnn_size count = blob ? 1 : 0;
    lpdnn_s32 axis;

    for (axis = 0; axis < LpdnnBlobRankGet(blob); axis++) {
        count *= (lpdnn_size)blob->spec->shape[axis];
    }
    return count;
}

LpdnnDataType LpdnnBlobTypeGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->type : LPDNN_F32;
}

LpdnnLayout LpdnnBlobLayoutGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->layout : LPDNN_NCHW;
}

lpdnn_s32 LpdnnBlobIntegerLengthGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->integer_length : 0;
}

lpdnn_s32 LpdnnBlobFractionLengthGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->fraction_length : 0;
}

float LpdnnBlobScaleGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->scale : 1.0f;
}

lpdnn_s32 LpdnnBlobZeroPointGet(LpdnnConstBlobHndl blob)
{
    return blob ? blob->spec->zero_point : 0;
}
