/* Two networks in one program, and a status from everything that can fail. Exit code: the line that is wrong, or 0. */
#include "first_model.h"
#include "first_netspec.h"
#include "lpdnn_api.h"
#include "second_model.h"
#include "second_netspec.h"

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            return __LINE__;                                                                                 \
        }                                                                                                    \
    } while (0)

static int before_init(void)
{
    EXPECT(LpdnnNetAlloc("early") == 0);
    EXPECT(LpdnnNetInputBlobGet(0) == 0);
    EXPECT(LpdnnBlobDataGet(0) == 0);
    EXPECT(LpdnnBlobNameGet(0) == 0);
    EXPECT(LpdnnBlobCountGet(0) == 0);
    EXPECT(LpdnnNetInfer(0, 0) == LPDNN_ERROR_STATE);
    EXPECT(LpdnnInit() == LPDNN_OK);
    EXPECT(LpdnnInit() == LPDNN_ERROR_STATE);
    return 0;
}

static int pool_and_models(void)
{
    LpdnnNetHndl nets[LPDNN_MAX_NETS];
    LpdnnNetModel wrong = first_network_model;
    int i;

    for (i = 0; i < LPDNN_MAX_NETS; i++) {
        nets[i] = LpdnnNetAlloc("net");
        EXPECT(nets[i] != 0);
    }
    EXPECT(LpdnnNetAlloc("one too many") == 0);
    EXPECT(LpdnnNetInit(nets[0], 0, &first_network_model) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetInit(nets[0], &first_network_spec, 0) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetInit(nets[0], &first_network_spec, &second_network_model) == LPDNN_ERROR_MODEL);
    wrong.tensor_count--;
    EXPECT(LpdnnNetInit(nets[0], &first_network_spec, &wrong) == LPDNN_ERROR_MODEL);
    EXPECT(LpdnnNetInputBlobGet(nets[0]) == 0);
    EXPECT(LpdnnNetStep(nets[0], 0) == LPDNN_ERROR_STATE);
    EXPECT(LpdnnNetInit(nets[0], &first_network_spec, &first_network_model) == LPDNN_OK);
    EXPECT(LpdnnNetInit(nets[0], &first_network_spec, &first_network_model) == LPDNN_ERROR_STATE);
    EXPECT(LpdnnNetInit(nets[1], &first_network_spec, &first_network_model) == LPDNN_ERROR_BUSY);
    EXPECT(LpdnnNetFree(nets[0]) == LPDNN_OK);
    EXPECT(LpdnnNetFree(nets[0]) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetInit(nets[1], &first_network_spec, &first_network_model) == LPDNN_OK);
    for (i = 1; i < LPDNN_MAX_NETS; i++) {
        EXPECT(LpdnnNetFree(nets[i]) == LPDNN_OK);
    }
    return 0;
}

/* Both networks at once: what one computes does not touch the other. */
static int two_networks(void)
{
    LpdnnNetHndl first = LpdnnNetAlloc("first");
    LpdnnNetHndl second = LpdnnNetAlloc("second");
    LpdnnBlobHndl x, y;
    LpdnnConstBlobHndl out;
    float *data;
    lpdnn_size i;

    EXPECT(LpdnnNetInit(first, &first_network_spec, &first_network_model) == LPDNN_OK);
    EXPECT(LpdnnNetInit(second, &second_network_spec, &second_network_model) == LPDNN_OK);
    x = LpdnnNetInputBlobGet(first);
    y = LpdnnNetInputBlobGet(second);
    EXPECT(LpdnnBlobRankGet(x) == 4 && LpdnnBlobDimGet(x, 1) == 3 && LpdnnBlobDimGet(x, 4) == 0);
    EXPECT(LpdnnBlobCountGet(x) == 3 * 8 * 8 && LpdnnBlobTypeGet(x) == LPDNN_F32);
    EXPECT(LpdnnBlobLayoutGet(x) == LPDNN_NCHW && LpdnnBlobNameGet(x)[0] == 'x');
    EXPECT(LpdnnBlobIntegerLengthGet(x) == 0 && LpdnnBlobFractionLengthGet(x) == 0);
    data = LpdnnBlobDataGet(x);
    for (i = 0; i < LpdnnBlobCountGet(x); i++) {
        data[i] = i / 64 == 1 ? 100.0f : 1.0f; /* all green */
    }
    EXPECT(LpdnnNetInputCountGet(second) == 2 && LpdnnNetOutputCountGet(second) == 2);
    for (i = 0; i < 4; i++) {
        ((float *)LpdnnBlobDataGet(y))[i] = (float)i;
        ((float *)LpdnnBlobDataGet(LpdnnNetInputBlobAt(second, 1)))[i] = -10.0f;
    }
    EXPECT(LpdnnNetInputBlobAt(second, 2) == 0 && LpdnnNetInputBlobAt(second, -1) == 0);
    EXPECT(LpdnnNetInfer(first, y) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetInfer(first, 0) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetStep(first, -1) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetStep(first, first_network_spec.step_count) == LPDNN_ERROR_ARGUMENT);
    EXPECT(LpdnnNetInfer(first, x) == LPDNN_OK);
    EXPECT(LpdnnNetInfer(second, y) == LPDNN_OK);
    out = LpdnnNetGetLayerOutput(first);
    EXPECT(LpdnnBlobCountGet(out) == 5);
    for (i = 0; i < 5; i++) {
        EXPECT(((const float *)LpdnnBlobDataGet(out))[i] <= ((const float *)LpdnnBlobDataGet(out))[1]);
    }
    out = LpdnnNetOutputBlobAt(second, 0);
    for (i = 0; i < 4; i++) {
        EXPECT(((const float *)LpdnnBlobDataGet(out))[i] == (float)i - 10.0f);
    }
    LpdnnDispose();
    EXPECT(LpdnnNetInfer(first, x) == LPDNN_ERROR_STATE);
    EXPECT(LpdnnInit() == LPDNN_OK);
    LpdnnDispose();
    return 0;
}

int main(void)
{
    int line = before_init();

    line = line ? line : pool_and_models();
    return line ? line : two_networks();
}
