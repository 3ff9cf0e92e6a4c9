/* A tensor repeated along axes of extent 1. */
#include "lpdnn_ops.h"
#include "strided.h"

lpdnn_kernel lpdnn_expand_f32_nchw__ref;

LpdnnStatus lpdnn_expand_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_expand_spec *s = spec;

    (void)workspace;
    copy_strided(in[LPDNN_EXPAND_X], out[0], s->extents_count, s->extents, s->strides);
    return LPDNN_OK;
}
