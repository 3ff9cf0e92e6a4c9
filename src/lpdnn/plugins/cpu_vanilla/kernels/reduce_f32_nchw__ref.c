/* Axes folded to one value each. */
#include "lpdnn_ops.h"
#include "stretched.h"

lpdnn_kernel lpdnn_reduce_f32_nchw__ref;

#define RUN 64

/* What one element adds to a sum. */
static float term(lpdnn_s32 kind, float x, float top)
{
    switch (kind) {
    case LPDNN_REDUCE_KIND_L1:
        return x < 0.0f ? -x : x;
    case LPDNN_REDUCE_KIND_L2:
    case LPDNN_REDUCE_KIND_SUM_SQUARE:
        return x * x;
    case LPDNN_REDUCE_KIND_LOG_SUM_EXP:
        return lpdnn_expf(x - top);
    default:
        return x;
    }
}

/* A row joined to what was folded so far; sums go in short runs, so that small terms are not lost. */
static float fold_row(lpdnn_s32 kind, float total, const float *x, lpdnn_s32 size, lpdnn_s32 step, float top)
{
    lpdnn_s32 first, i;

    for (first = 0; first < size; first += RUN) {
        lpdnn_s32 end = size - first < RUN ? size : first + RUN;
        float run = 0.0f;

        for (i = first; i < end; i++) {
            float value = x[i * step];

            if (kind == LPDNN_REDUCE_KIND_MAX) {
                total = value > total ? value : total;
            } else if (kind == LPDNN_REDUCE_KIND_MIN) {
                total = value < total ? value : total;
            } else if (kind == LPDNN_REDUCE_KIND_PRODUCT) {
                total *= value;
            } else {
                run += term(kind, value, top);
            }
        }
        total += run;
    }
    return total;
}

static float fold(const lpdnn_reduce_spec *s, lpdnn_s32 kind, const float *x, float start, float top)
{
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->folded_extents_count;
    lpdnn_s32 size = s->folded_extents[rank - 1];
    float total = start;
    float lost = 0.0f;
    operand from;

    from.place = 0;
    from.strides = s->folded_strides;
    do {
        const float *row = x + from.place;

        if (kind == LPDNN_REDUCE_KIND_MAX || kind == LPDNN_REDUCE_KIND_MIN ||
            kind == LPDNN_REDUCE_KIND_PRODUCT) {
            total = fold_row(kind, total, row, size, from.strides[rank - 1], top);
        } else {
            /* Rows may be as short as one element: what rounding loses of their sum is kept (Kahan). */
            volatile float wanted = fold_row(kind, 0.0f, row, size, from.strides[rank - 1], top) - lost;
            volatile float next = total + wanted;
            volatile float gained = next - total;

            lost = gained - wanted;
            lost = lost == lost ? lost : 0.0f;
            total = next;
        }
    } while (next_row(index, rank, s->folded_extents, &from, 1));
    return total;
}

static float reduced(const lpdnn_reduce_spec *s, const float *x)
{
    float top = 0.0f;

    switch (s->kind) {
    case LPDNN_REDUCE_KIND_MEAN:
        return fold(s, s->kind, x, 0.0f, 0.0f) / (float)s->count;
    case LPDNN_REDUCE_KIND_MAX:
    case LPDNN_REDUCE_KIND_MIN:
        return fold(s, s->kind, x, x[0], 0.0f);
    case LPDNN_REDUCE_KIND_PRODUCT:
        return fold(s, s->kind, x, 1.0f, 0.0f);
    case LPDNN_REDUCE_KIND_L2:
        return lpdnn_sqrtf(fold(s, s->kind, x, 0.0f, 0.0f));
    case LPDNN_REDUCE_KIND_LOG_SUM:
        return lpdnn_logf(fold(s, s->kind, x, 0.0f, 0.0f));
    case LPDNN_REDUCE_KIND_LOG_SUM_EXP:
        top = fold(s, LPDNN_REDUCE_KIND_MAX, x, x[0], 0.0f);
        top = top - top == 0.0f ? top : 0.0f; /* infinite: not to be subtracted */
        return lpdnn_logf(fold(s, s->kind, x, 0.0f, top)) + top;
    default:
        return fold(s, s->kind, x, 0.0f, 0.0f);
    }
}

LpdnnStatus lpdnn_reduce_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_reduce_spec *s = spec;
    const float *x = in[LPDNN_REDUCE_X];
    float *y = out[0]; /* [extents] */
    lpdnn_s32 index[MOST_AXES] = {0};
    lpdnn_s32 rank = s->extents_count;
    operand from;
    lpdnn_s32 i;

    (void)workspace;
    from.place = 0;
    from.strides = s->strides;
    do {
        for (i = 0; i < s->extents[rank - 1]; i++) {
            *y++ = reduced(s, x + from.place + i * s->strides[rank - 1]);
        }
    } while (next_row(index, rank, s->extents, &from, 1));
    return LPDNN_OK;
}
