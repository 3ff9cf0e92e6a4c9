/* Of overlapping boxes the one with the best score; boxes that are out of the running are marked in the workspace. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_non_max_suppression_f32_nchw__ref;

typedef struct {
    float low[2];
    float high[2];
} box;

static box box_at(const lpdnn_non_max_suppression_spec *s, const float *at)
{
    box b;
    int i;

    for (i = 0; i < 2; i++) {
        if (s->centers) {
            float half = at[i + 2] * 0.5f;

            b.low[i] = at[i] - half;
            b.high[i] = at[i] + half;
        } else {
            b.low[i] = at[i] < at[i + 2] ? at[i] : at[i + 2];
            b.high[i] = at[i] < at[i + 2] ? at[i + 2] : at[i];
        }
    }
    return b;
}

static float area_of(const box *b)
{
    return (b->high[0] - b->low[0]) * (b->high[1] - b->low[1]);
}

/* Intersection over union. */
static float overlap(const box *a, const box *b)
{
    float sides[2];
    float shared;
    int i;

    for (i = 0; i < 2; i++) {
        float high = a->high[i] < b->high[i] ? a->high[i] : b->high[i];

        sides[i] = high - (a->low[i] > b->low[i] ? a->low[i] : b->low[i]);
        if (!(sides[i] > 0.0f)) {
            return 0.0f;
        }
    }
    shared = sides[0] * sides[1];
    return shared > 0.0f ? shared / (area_of(a) + area_of(b) - shared) : 0.0f;
}

/* The box with the largest score that is not out, or -1. */
static lpdnn_s32 best_of(const float *scores, const unsigned char *is_out, lpdnn_s32 count)
{
    lpdnn_s32 best = -1;
    lpdnn_s32 i;

    for (i = 0; i < count; i++) {
        if (!is_out[i] && (best < 0 || scores[i] > scores[best])) {
            best = i;
        }
    }
    return best;
}

LpdnnStatus lpdnn_non_max_suppression_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                                    void *workspace)
{
    const lpdnn_non_max_suppression_spec *s = spec;
    const float *boxes = in[LPDNN_NON_MAX_SUPPRESSION_BOXES];   /* [N][B][4] */
    const float *scores = in[LPDNN_NON_MAX_SUPPRESSION_SCORES]; /* [N][C][B] */
    unsigned char *is_out = workspace;                          /* [B] */
    float *y = out[0];                                          /* [rows][image, class, box] */
    float *end = y + 3 * s->rows;
    lpdnn_s32 image, label, taken, i;

    for (image = 0; image < s->images; image++) {
        for (label = 0; label < s->classes; label++) {
            for (i = 0; i < s->boxes; i++) {
                is_out[i] = !(scores[i] > s->threshold);
            }
            for (taken = 0; taken < s->most; taken++) {
                lpdnn_s32 best = best_of(scores, is_out, s->boxes);
                box winner;

                if (best < 0) {
                    break;
                }
                *y++ = (float)image;
                *y++ = (float)label;
                *y++ = (float)best;
                winner = box_at(s, boxes + 4 * best);
                for (i = 0; i < s->boxes; i++) {
                    box other = box_at(s, boxes + 4 * i);

                    is_out[i] = is_out[i] || i == best || overlap(&winner, &other) > s->overlap;
                }
            }
            scores += s->boxes;
        }
        boxes += 4 * s->boxes;
    }
    while (y < end) {
        *y++ = -1.0f;
    }
    return LPDNN_OK;
}
