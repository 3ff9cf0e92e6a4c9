/* Axes in another order: a walk along x in the order of the result. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_permute_f32_nchw__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif
#include "lpdnn_ops.h"
#include "strided.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_permute_spec *s = spec;

    (void)workspace;
    copy_strided(in[LPDNN_PERMUTE_X], out[0], s->extents_count, s->extents, s->strides);
    return LPDNN_OK;
}
