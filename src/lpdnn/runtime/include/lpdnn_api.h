/* The LPDNN runtime: load a generated network, run it, read what it says. No heap, no files, no libc. */
#ifndef LPDNN_API_H
#define LPDNN_API_H

#include "lpdnn_blob.h"
#include "lpdnn_dtypes.h"
#include "lpdnn_network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct LpdnnNet *LpdnnNetHndl;

/* Networks that can be allocated at once; define it when compiling net.c to have more. */
#ifndef LPDNN_MAX_NETS
#define LPDNN_MAX_NETS 4
#endif

/* First call; LPDNN_ERROR_STATE if called twice without LpdnnDispose. */
LpdnnStatus LpdnnInit(void);
/* Last call: frees every network. */
void LpdnnDispose(void);

/* A handle, or null: LpdnnInit not called, or LPDNN_MAX_NETS in use. `name` is kept, not copied. */
LpdnnNetHndl LpdnnNetAlloc(const char *name);
/* Ties a handle to a generated network and its weights. Both stay where they are until LpdnnNetFree. */
LpdnnStatus LpdnnNetInit(LpdnnNetHndl net, const LpdnnNetParams *spec, const void *model);
LpdnnStatus LpdnnNetFree(LpdnnNetHndl net);

/* The first input, to be filled before every inference: its memory is used again while the network runs. */
LpdnnBlobHndl LpdnnNetInputBlobGet(LpdnnNetHndl net);
lpdnn_s32 LpdnnNetInputCountGet(LpdnnNetHndl net);
LpdnnBlobHndl LpdnnNetInputBlobAt(LpdnnNetHndl net, lpdnn_s32 index);

/* Runs the network on its inputs; `blob` is one of them. */
LpdnnStatus LpdnnNetInfer(LpdnnNetHndl net, LpdnnConstBlobHndl blob);

/* The first output, valid until the next inference or until an input is filled. */
LpdnnConstBlobHndl LpdnnNetGetLayerOutput(LpdnnNetHndl net);
lpdnn_s32 LpdnnNetOutputCountGet(LpdnnNetHndl net);
LpdnnConstBlobHndl LpdnnNetOutputBlobAt(LpdnnNetHndl net, lpdnn_s32 index);

/* Runs one step of the network, for tracing and profiling; the steps of an inference are 0 to step_count - 1. */
LpdnnStatus LpdnnNetStep(LpdnnNetHndl net, lpdnn_s32 step);

#ifdef __cplusplus
}
#endif

#endif
