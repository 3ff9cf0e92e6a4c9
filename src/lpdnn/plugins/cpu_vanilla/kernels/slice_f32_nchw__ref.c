/* A box cut out of a tensor. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_slice_f32_nchw__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif
#include "lpdnn_ops.h"
#include "strided.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_slice_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_SLICE_X];

    (void)workspace;
    copy_strided(x + s->offset, out[0], s->extents_count, s->extents, s->strides);
    return LPDNN_OK;
}
