/* A box cut out of a tensor. */
#include "lpdnn_ops.h"
#include "strided.h"

lpdnn_kernel lpdnn_slice_f32_nchw__ref;

LpdnnStatus lpdnn_slice_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                      void *workspace)
{
    const lpdnn_slice_spec *s = spec;
    const float *x = in[LPDNN_SLICE_X];

    (void)workspace;
    copy_strided(x + s->offset, out[0], s->extents_count, s->extents, s->strides);
    return LPDNN_OK;
}
