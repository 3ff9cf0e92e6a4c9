/* Layers on several POSIX threads: all run the layer's kernel, each computes its share (lpdnn_share.h). */
#ifndef LPDNN_THREADS_H
#define LPDNN_THREADS_H

#include "lpdnn_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A kernel to share, its spec, and the bytes from the workspace of one thread to that of the next. */
typedef struct {
    lpdnn_kernel *kernel;
    const void *spec;
    lpdnn_size workspace;
    lpdnn_s32 threads; /* for which the kernel was compiled */
} lpdnn_threaded_spec;

/* Runs a lpdnn_threaded_spec. The first call starts the threads; LPDNN_ERROR_KERNEL where that fails, or where the program
   was linked with the threads.c of a bundle for another number of threads. */
lpdnn_kernel lpdnn_threaded;

/* Ends the threads, which the next inference starts again; call it when no network runs. */
void lpdnn_threads_stop(void);

#ifdef __cplusplus
}
#endif

#endif
