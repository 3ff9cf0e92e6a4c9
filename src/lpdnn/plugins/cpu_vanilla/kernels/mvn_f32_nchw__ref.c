/* Mean and variance normalization, in two passes: the second corrects the mean that the first one found. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_mvn_f32_nchw__ref;

enum {
    BLOCK = 64
};

/* A sum, and what rounding lost of it (Kahan). */
typedef struct {
    float value;
    float lost;
} total;

static void add(total *sum, float term)
{
    float wanted = term - sum->lost;
    float next = sum->value + wanted;

    sum->lost = (next - sum->value) - wanted;
    sum->value = next;
}

/* Mean and mean square of x[i] - center: blocks are summed, then the blocks' sums. */
static void moments(const float *x, lpdnn_s32 size, float center, float *mean, float *square)
{
    total first = {0.0f, 0.0f};
    total second = {0.0f, 0.0f};
    lpdnn_s32 start, i;

    for (start = 0; start < size; start += BLOCK) {
        lpdnn_s32 end = size - start < BLOCK ? size : start + BLOCK;
        float sum = 0.0f;
        float squares = 0.0f;

        for (i = start; i < end; i++) {
            float apart = x[i] - center;

            sum += apart;
            squares += apart * apart;
        }
        add(&first, sum);
        add(&second, squares);
    }
    *mean = first.value / (float)size;
    *square = second.value / (float)size;
}

LpdnnStatus lpdnn_mvn_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                    void *workspace)
{
    const lpdnn_mvn_spec *s = spec;
    const float *x = in[LPDNN_MVN_X]; /* [rows][size] */
    float *y = out[0];                /* [rows][size], may be x */
    lpdnn_s32 row, i;

    (void)workspace;
    for (row = 0; row < s->rows; row++) {
        float factor = 1.0f;
        float mean, rest, square;

        moments(x, s->size, 0.0f, &mean, &square);
        moments(x, s->size, mean, &rest, &square);
        if (s->normalize_variance) {
            float variance = square - rest * rest;

            variance = variance > 0.0f ? variance : 0.0f;
            factor = 1.0f / (s->epsilon_in_root ? lpdnn_sqrtf(variance + s->epsilon)
                                                : lpdnn_sqrtf(variance) + s->epsilon);
        }
        for (i = 0; i < s->size; i++) {
            y[i] = (x[i] - mean - rest) * factor;
        }
        x += s->size;
        y += s->size;
    }
    return LPDNN_OK;
}
