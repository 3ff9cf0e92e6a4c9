/* Elements picked by index. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_gather_f32_nchw__ref;

void *memcpy(void *to, const void *from, size_t bytes);

LpdnnStatus lpdnn_gather_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_gather_spec *s = spec;
    const float *x = in[LPDNN_GATHER_X];         /* [outer][size][inner] */
    const float *index = in[LPDNN_GATHER_INDEX]; /* [count] */
    float *y = out[0];                           /* [outer][count][inner] */
    float size = (float)s->size;
    lpdnn_s32 o, i;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->count; i++) {
            float place = index[i] < 0.0f ? index[i] + size : index[i];

            if (!(place >= 0.0f && place < size)) {
                return LPDNN_ERROR_KERNEL;
            }
            memcpy(y, x + (lpdnn_s32)place * s->inner, (size_t)s->inner * sizeof *y);
            y += s->inner;
        }
        x += s->size * s->inner;
    }
    return LPDNN_OK;
}
