/* Networks: a pool of handles, and the walk over a network's steps. */
#include "lpdnn_api.h"

struct LpdnnNet {
    const char *name;
    const LpdnnNetParams *spec;
    const LpdnnNetModel *model;
    int allocated;
};

static struct LpdnnNet pool[LPDNN_MAX_NETS];
static int initialized;

static int is_allocated(LpdnnNetHndl net)
{
    int i;

    for (i = 0; i < LPDNN_MAX_NETS; i++) {
        if (net == &pool[i]) {
            return pool[i].allocated;
        }
    }
    return 0;
}

static int is_ready(LpdnnNetHndl net)
{
    return is_allocated(net) && net->spec;
}

static void clear(LpdnnNetHndl net)
{
    net->name = 0;
    net->spec = 0;
    net->model = 0;
    net->allocated = 0;
}

LpdnnStatus LpdnnInit(void)
{
    if (initialized) {
        return LPDNN_ERROR_STATE;
    }
    initialized = 1;
    return LPDNN_OK;
}

void LpdnnDispose(void)
{
    int i;

    for (i = 0; i < LPDNN_MAX_NETS; i++) {
        clear(&pool[i]);
    }
    initialized = 0;
}

LpdnnNetHndl LpdnnNetAlloc(const char *name)
{
    int i;

    for (i = 0; initialized && i < LPDNN_MAX_NETS; i++) {
        if (!pool[i].allocated) {
            pool[i].allocated = 1;
            pool[i].name = name;
            return &pool[i];
        }
    }
    return 0;
}

/* The address of an arena operand; null for an absent one. */
static void *place(const LpdnnNetParams *spec, lpdnn_s32 operand)
{
    return operand >= 0 ? spec->arena + operand : 0;
}

/* The address of anything that can be read. */
static const void *source(const LpdnnNetParams *spec, const LpdnnNetModel *model, lpdnn_s32 operand)
{
    return operand < LPDNN_ABSENT ? model->tensors[LPDNN_TENSOR(operand)] : place(spec, operand);
}

LpdnnStatus LpdnnNetInit(LpdnnNetHndl net, const LpdnnNetParams *spec, const void *model)
{
    const LpdnnNetModel *weights = model;
    lpdnn_s32 i;

    if (!is_allocated(net) || !spec || !weights) {
        return LPDNN_ERROR_ARGUMENT;
    }
    if (net->spec) {
        return LPDNN_ERROR_STATE;
    }
    if (weights->fingerprint != spec->fingerprint || weights->tensor_count != spec->tensor_count) {
        return LPDNN_ERROR_MODEL;
    }
    for (i = 0; i < LPDNN_MAX_NETS; i++) {
        if (pool[i].spec && pool[i].spec->arena == spec->arena) {
            return LPDNN_ERROR_BUSY;
        }
    }
    net->spec = spec;
    net->model = weights;
    for (i = 0; i < spec->input_count + spec->output_count; i++) {
        spec->blobs[i].spec = &spec->blob_specs[i];
        spec->blobs[i].data = place(spec, spec->blob_specs[i].operand);
    }
    return LPDNN_OK;
}

LpdnnStatus LpdnnNetFree(LpdnnNetHndl net)
{
    if (!is_allocated(net)) {
        return LPDNN_ERROR_ARGUMENT;
    }
    clear(net);
    return LPDNN_OK;
}

lpdnn_s32 LpdnnNetInputCountGet(LpdnnNetHndl net)
{
    return is_ready(net) ? net->spec->input_count : 0;
}

LpdnnBlobHndl LpdnnNetInputBlobAt(LpdnnNetHndl net, lpdnn_s32 index)
{
    return index >= 0 && index < LpdnnNetInputCountGet(net) ? &net->spec->blobs[index] : 0;
}

LpdnnBlobHndl LpdnnNetInputBlobGet(LpdnnNetHndl net)
{
    return LpdnnNetInputBlobAt(net, 0);
}

lpdnn_s32 LpdnnNetOutputCountGet(LpdnnNetHndl net)
{
    return is_ready(net) ? net->spec->output_count : 0;
}

LpdnnConstBlobHndl LpdnnNetOutputBlobAt(LpdnnNetHndl net, lpdnn_s32 index)
{
    return index >= 0 && index < LpdnnNetOutputCountGet(net)
               ? &net->spec->blobs[net->spec->input_count + index]
               : 0;
}

LpdnnConstBlobHndl LpdnnNetGetLayerOutput(LpdnnNetHndl net)
{
    return LpdnnNetOutputBlobAt(net, 0);
}

LpdnnStatus LpdnnNetStep(LpdnnNetHndl net, lpdnn_s32 step)
{
    const LpdnnNetParams *spec;
    const lpdnn_step *call;
    lpdnn_s32 i;

    if (!is_ready(net)) {
        return LPDNN_ERROR_STATE;
    }
    spec = net->spec;
    if (step < 0 || step >= spec->step_count) {
        return LPDNN_ERROR_ARGUMENT;
    }
    call = &spec->steps[step];
    for (i = 0; i < call->input_count; i++) {
        spec->inputs[i] = source(spec, net->model, call->operands[i]);
    }
    for (i = 0; i < call->output_count; i++) {
        spec->outputs[i] = place(spec, call->operands[call->input_count + i]);
    }
    return call->kernel(call->spec, spec->inputs, spec->outputs, place(spec, call->workspace));
}

LpdnnStatus LpdnnNetInfer(LpdnnNetHndl net, LpdnnConstBlobHndl blob)
{
    LpdnnStatus status = LPDNN_ERROR_ARGUMENT;
    lpdnn_s32 i;

    if (!is_ready(net)) {
        return LPDNN_ERROR_STATE;
    }
    for (i = 0; i < net->spec->input_count; i++) {
        if (blob == &net->spec->blobs[i]) {
            status = LPDNN_OK;
        }
    }
    for (i = 0; status == LPDNN_OK && i < net->spec->step_count; i++) {
        status = LpdnnNetStep(net, i);
    }
    return status;
}
