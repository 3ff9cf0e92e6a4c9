/* A bundle with weights="file" as the two functions that the peer harness asks of a shared library. */
#include "lpdnn_api.h"
#include "lpdnn_model.h"
#include "lpdnn_netspec.h"

#include <string.h>

void *bench_load(const char *model_path);
int bench_run(void *h, const float *in, float *const *out);

/* The network, with the weights of lpdnn_model.bin; null where anything fails. */
void *bench_load(const char *model_path)
{
    LpdnnNetHndl net;

    if (lpdnn_network_model_load(model_path) != LPDNN_OK || LpdnnInit() != LPDNN_OK) {
        return 0;
    }
    net = LpdnnNetAlloc("bench");
    return LpdnnNetInit(net, &lpdnn_network_spec, &lpdnn_network_model) == LPDNN_OK ? net : 0;
}

/* One inference; `in` and `out` (one array an output, in the model's order) are NCHW. Returns 0 where all went well. */
int bench_run(void *h, const float *in, float *const *out)
{
    LpdnnNetHndl net = h;
    LpdnnBlobHndl input = LpdnnNetInputBlobGet(net);
    LpdnnStatus status;
    lpdnn_s32 i;

    memcpy(LpdnnBlobDataGet(input), in, LpdnnBlobCountGet(input) * sizeof(float));
    status = LpdnnNetInfer(net, input);
    for (i = 0; status == LPDNN_OK && i < LpdnnNetOutputCountGet(net); i++) {
        LpdnnConstBlobHndl output = LpdnnNetOutputBlobAt(net, i);

        memcpy(out[i], LpdnnBlobDataGet(output), LpdnnBlobCountGet(output) * sizeof(float));
    }
    return (int)status;
}
