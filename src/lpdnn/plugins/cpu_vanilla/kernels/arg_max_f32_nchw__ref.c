/* The places of the largest values: each is the best of those that come after the one found before. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_arg_max_f32_nchw__ref;

/* Whether value a at index i comes before value b at index j; NaN comes last. */
static int precedes(const lpdnn_arg_max_spec *s, float a, lpdnn_s32 i, float b, lpdnn_s32 j)
{
    int a_is_nan = a != a;
    int b_is_nan = b != b;

    if (a_is_nan != b_is_nan) {
        return b_is_nan;
    }
    if (a > b || a < b) {
        return s->smallest ? a < b : a > b;
    }
    return s->first_index ? i < j : i > j;
}

/* The index that comes next after `last` among x[0], x[stride], ...; the very first if `last` is -1. */
static lpdnn_s32 next(const lpdnn_arg_max_spec *s, const float *x, lpdnn_s32 last)
{
    lpdnn_s32 size = s->size;
    lpdnn_s32 stride = s->inner;
    lpdnn_s32 best = -1;
    lpdnn_s32 i;

    for (i = 0; i < size; i++) {
        float value = x[i * stride];

        if ((last < 0 || precedes(s, x[last * stride], last, value, i)) &&
            (best < 0 || precedes(s, value, i, x[best * stride], best))) {
            best = i;
        }
    }
    return best;
}

LpdnnStatus lpdnn_arg_max_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                        void *workspace)
{
    const lpdnn_arg_max_spec *s = spec;
    const float *x = in[LPDNN_ARG_MAX_X]; /* [outer][size][inner] */
    float *y = out[0];                    /* [outer][top_k][inner]; both: [outer][index, value][top_k] */
    int both = s->axis < 0 && s->with_values;
    lpdnn_s32 o, i, k;

    (void)workspace;
    for (o = 0; o < s->outer; o++) {
        for (i = 0; i < s->inner; i++) {
            lpdnn_s32 found = -1;

            for (k = 0; k < s->top_k; k++) {
                found = next(s, x + i, found);
                y[k * s->inner + i] = s->with_values && !both ? x[found * s->inner + i] : (float)found;
                if (both) {
                    y[s->top_k + k] = x[found];
                }
            }
        }
        x += s->size * s->inner;
        y += s->top_k * (both ? 2 : s->inner);
    }
    return LPDNN_OK;
}
