/* How much of a layer a kernel computes when it is called: all of it. */
#ifndef LPDNN_SHARE_H
#define LPDNN_SHARE_H

/* Calls that share a layer; of `count` turns of a loop, the first and the end of those that are this call's; whether it
   has the last; and a point that no call passes before all have come to it. */
#define LPDNN_SHARES 1
#define LPDNN_SHARE_FIRST(count) 0
#define LPDNN_SHARE_END(count) (count)
#define LPDNN_SHARE_LAST 1
#define LPDNN_SHARE_WAIT() ((void)0)

#endif
