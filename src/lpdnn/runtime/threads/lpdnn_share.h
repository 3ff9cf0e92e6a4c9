/* How much of a layer a kernel computes when it is called: a thread's share, where it is compiled for threads. */
#ifndef LPDNN_SHARE_H
#define LPDNN_SHARE_H

#include "lpdnn_dtypes.h"

/* Calls that share a layer; of `count` turns of a loop, the first and the end of those that are this call's; whether it
   has the last; and a point that no call passes before all have come to it. */
#ifdef LPDNN_THREADS
extern __thread lpdnn_s32 lpdnn_share; /* 0 to LPDNN_THREADS - 1 */

void lpdnn_share_wait(void);

#define LPDNN_SHARES LPDNN_THREADS
#define LPDNN_SHARE_FIRST(count) ((lpdnn_s32)((lpdnn_size)(count) * (lpdnn_size)lpdnn_share / LPDNN_SHARES))
#define LPDNN_SHARE_END(count)                                                                               \
    ((lpdnn_s32)((lpdnn_size)(count) * (lpdnn_size)(lpdnn_share + 1) / LPDNN_SHARES))
#define LPDNN_SHARE_LAST (lpdnn_share == LPDNN_SHARES - 1)
#define LPDNN_SHARE_WAIT() lpdnn_share_wait()
#else
#define LPDNN_SHARES 1
#define LPDNN_SHARE_FIRST(count) 0
#define LPDNN_SHARE_END(count) (count)
#define LPDNN_SHARE_LAST 1
#define LPDNN_SHARE_WAIT() ((void)0)
#endif

#endif
