/* Softmax along an axis. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_softmax_f32_nchw__ref;

#define RUN 32

/* e^(x - top) into y, both [size] with a stride; returns their sum, which short runs keep from losing small terms. */
static float exponentials(const float *x, float *y, lpdnn_s32 size, lpdnn_s32 stride, float top)
{
    float sum = 0.0f;
    lpdnn_s32 first, j;

    for (first = 0; first < size; first += RUN) {
        lpdnn_s32 end = size - first < RUN ? size : first + RUN;
        float run = 0.0f;

        for (j = first; j < end; j++) {
            y[j * stride] = lpdnn_expf(x[j * stride] - top);
            run += y[j * stride];
        }
        sum += run;
    }
    return sum;
}

LpdnnStatus lpdnn_softmax_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                        void *workspace)
{
    const lpdnn_softmax_spec *s = spec;
    const float *x = in[LPDNN_SOFTMAX_X]; /* [outer][size][inner] */
    float *y = out[0];                    /* [outer][size][inner], may be x */
    lpdnn_s32 o, i, j;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->inner; i++) {
            float top = x[i];
            float sum;

            for (j = 1; j < s->size; j++) {
                top = x[j * s->inner + i] > top ? x[j * s->inner + i] : top;
            }
            sum = exponentials(x + i, y + i, s->size, s->inner, top);
            for (j = 0; j < s->size; j++) {
                y[j * s->inner + i] /= sum;
            }
        }
        x += s->size * s->inner;
        y += s->size * s->inner;
    }
    return LPDNN_OK;
}
