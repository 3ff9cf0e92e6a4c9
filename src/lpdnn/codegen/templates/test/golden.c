/* Runs the network once on an input made here and compares with golden_data.c: exit code 0 if all is well.
   Usage: golden [model file], the file where the weights are not in the program. */
#include "golden.h"
#include "lpdnn_api.h"
#include "@symbol@_model.h"
#include "@symbol@_netspec.h"

#include <stdio.h>

/* x -> 1664525 x + 1013904223 modulo 2^32; the top bits become a float in [-1, 1), or an integer of any size. */
static void fill(LpdnnBlobHndl blob, lpdnn_u32 seed)
{
    void *data = LpdnnBlobDataGet(blob);
    lpdnn_size count = LpdnnBlobCountGet(blob);
    lpdnn_size i;

    for (i = 0; i < count; i++) {
        seed = (seed * 1664525UL + 1013904223UL) & 0xffffffffUL;
        switch (LpdnnBlobTypeGet(blob)) {
        case LPDNN_F32:
            ((float *)data)[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
            break;
        case LPDNN_S8:
            ((lpdnn_s8 *)data)[i] = (lpdnn_s8)((lpdnn_s32)(seed >> 24) - 128);
            break;
        case LPDNN_U8:
            ((lpdnn_u8 *)data)[i] = (lpdnn_u8)(seed >> 24);
            break;
        case LPDNN_S16:
            ((lpdnn_s16 *)data)[i] = (lpdnn_s16)((lpdnn_s32)(seed >> 16) - 32768);
            break;
        case LPDNN_S32:
            ((lpdnn_s32 *)data)[i] = (lpdnn_s32)(seed >> 1) - 0x40000000 + ((lpdnn_s32)(seed >> 1) - 0x40000000) +
                                     (lpdnn_s32)(seed & 1);
            break;
        }
    }
}

static lpdnn_s32 integer(LpdnnConstBlobHndl blob, lpdnn_s32 i)
{
    const void *data = LpdnnBlobDataGet(blob);

    switch (LpdnnBlobTypeGet(blob)) {
    case LPDNN_S8:
        return ((const lpdnn_s8 *)data)[i];
    case LPDNN_U8:
        return ((const lpdnn_u8 *)data)[i];
    case LPDNN_S16:
        return ((const lpdnn_s16 *)data)[i];
    default:
        return ((const lpdnn_s32 *)data)[i];
    }
}

/* The largest error relative to the largest value; -1 where the output has another size, or other integers. */
static float compare(LpdnnConstBlobHndl blob, const golden_output *expected)
{
    const float *data = LpdnnBlobDataGet(blob);
    float worst = 0.0f;
    lpdnn_s32 i;

    if (LpdnnBlobCountGet(blob) != (lpdnn_size)expected->count) {
        return -1.0f;
    }
    for (i = 0; i < expected->count; i += expected->stride) {
        float error = 0.0f;
        float want = 0.0f;
        if (expected->integers) {
            if (integer(blob, i) != expected->integers[i / expected->stride]) {
                return -1.0f;
            }
            continue;
        }
        want = expected->reals[i / expected->stride];
        error = data[i] < want ? want - data[i] : data[i] - want;
        error = data[i] == want ? 0.0f : error; /* both infinite */
        if (!(error <= worst)) { /* a NaN counts */
            worst = error;
        }
    }
    return expected->largest > 0.0f ? worst / expected->largest : worst;
}

int main(int argc, char **argv)
{
    LpdnnNetHndl net;
    LpdnnStatus status;
    lpdnn_s32 i;
    int failed = 0;

    (void)argc;
    (void)argv;
#ifdef LPDNN_MODEL_FILE
    if (@symbol@_network_model_load(argc > 1 ? argv[1] : LPDNN_MODEL_FILE) != LPDNN_OK) {
        printf("cannot load the model file %s\n", argc > 1 ? argv[1] : LPDNN_MODEL_FILE);
        return 2;
    }
#endif
    LpdnnInit();
    net = LpdnnNetAlloc("golden");
    if (LpdnnNetInit(net, &@symbol@_network_spec, &@symbol@_network_model) != LPDNN_OK) {
        printf("the network does not start\n");
        return 2;
    }
    for (i = 0; i < LpdnnNetInputCountGet(net); i++) {
        fill(LpdnnNetInputBlobAt(net, i), (lpdnn_u32)i + 1);
    }
    status = LpdnnNetInfer(net, LpdnnNetInputBlobGet(net));
    if (status != LPDNN_OK) {
        printf("the network does not run: %s\n", status == LPDNN_ERROR_DENIED
                                                     ? "this CPU lacks its instructions, or the system denies them"
                                                     : "a kernel refused");
        return 2;
    }
    for (i = 0; i < LpdnnNetOutputCountGet(net); i++) {
        LpdnnConstBlobHndl blob = LpdnnNetOutputBlobAt(net, i);
        float error = compare(blob, &golden_outputs[i]);
        int ok = error >= 0.0f && error <= golden_tolerance;

        printf("%s: %s, error %g of the largest value\n", LpdnnBlobNameGet(blob), ok ? "ok" : "WRONG", (double)error);
        failed |= !ok;
    }
    LpdnnNetFree(net);
    LpdnnDispose();
    return failed;
}
