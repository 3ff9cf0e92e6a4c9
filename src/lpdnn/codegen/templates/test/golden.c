/* Runs the network once on an input made here and compares with golden_data.c: exit code 0 if all is well.
   Usage: golden [model file], the file where the weights are not in the program. */
#include "golden.h"
#include "lpdnn_api.h"
#include "@symbol@_model.h"
#include "@symbol@_netspec.h"

#include <stdio.h>

/* x -> 1664525 x + 1013904223 modulo 2^32; the top 24 bits become a float in [-1, 1). */
static void fill(LpdnnBlobHndl blob, lpdnn_u32 seed)
{
    float *data = LpdnnBlobDataGet(blob);
    lpdnn_size count = LpdnnBlobCountGet(blob);
    lpdnn_size i;

    for (i = 0; i < count; i++) {
        seed = (seed * 1664525UL + 1013904223UL) & 0xffffffffUL;
        data[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
}

/* The largest error relative to the largest value; -1 where the output has another size. */
static float compare(LpdnnConstBlobHndl blob, const golden_output *expected)
{
    const float *data = LpdnnBlobDataGet(blob);
    float worst = 0.0f;
    lpdnn_s32 i;

    if (LpdnnBlobCountGet(blob) != (lpdnn_size)expected->count) {
        return -1.0f;
    }
    for (i = 0; i < expected->count; i += expected->stride) {
        float error = data[i] - expected->values[i / expected->stride];
        error = error < 0.0f ? -error : error;
        if (!(error <= worst)) { /* a NaN counts */
            worst = error;
        }
    }
    return expected->largest > 0.0f ? worst / expected->largest : worst;
}

int main(int argc, char **argv)
{
    LpdnnNetHndl net;
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
    if (LpdnnNetInfer(net, LpdnnNetInputBlobGet(net)) != LPDNN_OK) {
        printf("the network does not run\n");
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
