/* Axes in another order: a walk along x in the order of the result. */
#include "lpdnn_ops.h"
#include "strided.h"

lpdnn_kernel lpdnn_permute_f32_nchw__ref;

LpdnnStatus lpdnn_permute_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                        void *workspace)
{
    const lpdnn_permute_spec *s = spec;

    (void)workspace;
    copy_strided(in[LPDNN_PERMUTE_X], out[0], s->extents_count, s->extents, s->strides);
    return LPDNN_OK;
}
