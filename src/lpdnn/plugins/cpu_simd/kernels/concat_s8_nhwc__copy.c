/* Concatenation of channels: those of a pixel one behind the other. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_concat_s8_nhwc__copy
#define LPDNN_ELEMENT lpdnn_s8
#endif
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_concat_spec *s = spec;
    lpdnn_s32 pixels = s->outer * s->inner;
    lpdnn_size pitch = 0;
    char *y = out[0]; /* [pixels][sum of sizes] */
    lpdnn_s32 k, p;

    (void)workspace;
    for (k = 0; k < s->sizes_count; k++) {
        pitch += (lpdnn_size)s->sizes[k] * sizeof(LPDNN_ELEMENT);
    }
    for (k = 0; k < s->sizes_count; k++) {
        lpdnn_size size = (lpdnn_size)s->sizes[k] * sizeof(LPDNN_ELEMENT);
        const char *x = in[k]; /* [pixels][sizes[k]] */

        for (p = 0; p < pixels; p++) {
            __builtin_memcpy(y + (lpdnn_size)p * pitch, x + (lpdnn_size)p * size, size);
        }
        y += size;
    }
    return LPDNN_OK;
}
