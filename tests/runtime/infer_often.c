/* Runs a network several times, with its threads awake, asleep and started again; prints the bits of the output. */
#define _POSIX_C_SOURCE 199309L
#include "lpdnn_api.h"
#include "lpdnn_model.h"
#include "lpdnn_netspec.h"
#include "lpdnn_threads.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static unsigned infer(LpdnnNetHndl net)
{
    LpdnnBlobHndl input = LpdnnNetInputBlobGet(net);
    LpdnnConstBlobHndl output = LpdnnNetGetLayerOutput(net);
    const unsigned char *bytes = LpdnnBlobDataGet(output);
    float *x = LpdnnBlobDataGet(input);
    unsigned hash = 2166136261u;
    size_t i;

    for (i = 0; i < LpdnnBlobCountGet(input); i++) {
        x[i] = (float)(i * 7919 % 1000) / 500.0f - 1.0f;
    }
    if (LpdnnNetInfer(net, input) != LPDNN_OK) {
        return 0;
    }
    for (i = 0; i < LpdnnBlobCountGet(output) * sizeof(float); i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return hash;
}

int main(void)
{
    struct timespec nap = {0, 20000000};
    LpdnnNetHndl net;
    int i;

    LpdnnInit();
    net = LpdnnNetAlloc("net");
    if (LpdnnNetInit(net, &lpdnn_network_spec, &lpdnn_network_model) != LPDNN_OK) {
        return 1;
    }
    for (i = 0; i < 6; i++) {
        printf("%08x\n", infer(net));
        if (i % 2) {
            nanosleep(&nap, 0);
        }
        if (i % 3 == 2) {
            lpdnn_threads_stop();
        }
    }
    LpdnnDispose();
    return 0;
}
