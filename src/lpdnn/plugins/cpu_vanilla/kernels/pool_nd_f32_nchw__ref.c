/* Pooling over one to three axes, with windows that may have gaps; fewer axes come as leading ones of extent 1. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_pool_nd_f32_nchw__ref;

enum {
    AXES = 3
};

/* Along one axis, the elements of a window: `count` of them from `first`, `gap` apart; `counted` divide a mean. */
typedef struct {
    lpdnn_s32 first;
    lpdnn_s32 count;
    lpdnn_s32 gap;
    lpdnn_s32 counted;
} run;

static run inside(const lpdnn_pool_nd_spec *s, int axis, lpdnn_s32 index)
{
    lpdnn_s32 size = s->sizes[axis];
    lpdnn_s32 place = index * s->strides[axis] - s->padding_before[axis];
    run r;
    lpdnn_s32 i;

    r.first = 0;
    r.count = 0;
    r.gap = s->gaps[axis];
    r.counted = 0;
    for (i = 0; i < s->window[axis]; i++) {
        if (place >= 0 && place < size) {
            r.first = r.count ? r.first : place;
            r.count++;
        }
        if (place < size + s->padding_after[axis]) {
            r.counted++;
        }
        place += r.gap;
    }
    if (!s->count_padding) {
        r.counted = r.count;
    }
    return r;
}

static float joined(const lpdnn_pool_nd_spec *s, float total, float x, int first)
{
    float size = x < 0.0f ? -x : x;
    float power = size;
    lpdnn_s32 i;

    if (s->kind == LPDNN_POOL_ND_KIND_MAX) {
        return first || x > total ? x : total;
    }
    if (s->kind == LPDNN_POOL_ND_KIND_AVERAGE) {
        return total + x;
    }
    for (i = 1; i < s->p; i++) {
        power *= size;
    }
    return total + power;
}

/* The place in the plane x of its window's largest value. */
static lpdnn_s32 best_place(const lpdnn_pool_nd_spec *s, const float *x, const run *runs)
{
    lpdnn_s32 best = -1;
    lpdnn_s32 d, h, w;

    for (d = 0; d < runs[0].count; d++) {
        for (h = 0; h < runs[1].count; h++) {
            lpdnn_s32 row = (runs[0].first + d * runs[0].gap) * s->sizes[1] + runs[1].first + h * runs[1].gap;

            for (w = 0; w < runs[2].count; w++) {
                lpdnn_s32 place = row * s->sizes[2] + runs[2].first + w * runs[2].gap;

                best = best < 0 || x[place] > x[best] ? place : best;
            }
        }
    }
    return best;
}

static float pooled(const lpdnn_pool_nd_spec *s, const float *x, const run *runs)
{
    float total = 0.0f;
    int first = 1;
    lpdnn_s32 d, h, w;

    for (d = 0; d < runs[0].count; d++) {
        for (h = 0; h < runs[1].count; h++) {
            const float *row =
                x + ((runs[0].first + d * runs[0].gap) * s->sizes[1] + runs[1].first + h * runs[1].gap) *
                        s->sizes[2];

            for (w = 0; w < runs[2].count; w++) {
                total = joined(s, total, row[runs[2].first + w * runs[2].gap], first);
                first = 0;
            }
        }
    }
    if (s->kind == LPDNN_POOL_ND_KIND_AVERAGE) {
        lpdnn_s32 counted = runs[0].counted * runs[1].counted * runs[2].counted;

        return total / (float)(counted > 0 ? counted : 1);
    }
    if (s->kind == LPDNN_POOL_ND_KIND_NORM && s->p > 1) {
        return s->p == 2 ? lpdnn_sqrtf(total) : lpdnn_powf(total, 1.0f / (float)s->p);
    }
    return total;
}

LpdnnStatus lpdnn_pool_nd_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                        void *workspace)
{
    const lpdnn_pool_nd_spec *s = spec;
    const float *x = in[LPDNN_POOL_ND_X]; /* [planes][sizes] */
    float *y = out[0];                    /* [planes][out_sizes] */
    lpdnn_s32 size = s->sizes[0] * s->sizes[1] * s->sizes[2];
    run runs[AXES];
    lpdnn_s32 plane, d, h, w;

    (void)workspace;
    for (plane = 0; plane < s->planes; plane++) {
        for (d = 0; d < s->out_sizes[0]; d++) {
            runs[0] = inside(s, 0, d);
            for (h = 0; h < s->out_sizes[1]; h++) {
                runs[1] = inside(s, 1, h);
                for (w = 0; w < s->out_sizes[2]; w++) {
                    runs[2] = inside(s, 2, w);
                    *y++ = s->kind == LPDNN_POOL_ND_KIND_MAX_INDEX
                               ? (float)(plane * size + best_place(s, x, runs))
                               : pooled(s, x, runs);
                }
            }
        }
        x += size;
    }
    return LPDNN_OK;
}
