/* Elements picked by index. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_gather_f32_nchw__ref
#define LPDNN_ELEMENT lpdnn_f32
#endif

/* Integers are picked by integers. */
#ifdef LPDNN_BITS
#define INDEX lpdnn_s32
#else
#define INDEX float
#endif
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

void *memcpy(void *to, const void *from, size_t bytes);

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_gather_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_GATHER_X]; /* [outer][size][inner] */
    const INDEX *index = in[LPDNN_GATHER_INDEX]; /* [count] */
    LPDNN_ELEMENT *y = out[0];                   /* [outer][count][inner] */
    INDEX size = (INDEX)s->size;
    lpdnn_s32 o, i;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->count; i++) {
            INDEX place = index[i] < 0 ? index[i] + size : index[i];

            if (!(place >= 0 && place < size)) {
                return LPDNN_ERROR_KERNEL;
            }
            memcpy(y, x + (lpdnn_s32)place * s->inner, (size_t)s->inner * sizeof *y);
            y += s->inner;
        }
        x += s->size * s->inner;
    }
    return LPDNN_OK;
}
