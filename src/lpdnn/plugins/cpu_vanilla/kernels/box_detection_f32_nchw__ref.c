/* The best boxes of a detector that no better one overlaps: all are decoded first, then taken one by one. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_box_detection_f32_nchw__ref;

typedef struct {
    float score;
    lpdnn_s32 label;
    lpdnn_s32 box;
} detection;

/* What the functions below work on. */
typedef struct {
    const lpdnn_box_detection_spec *spec;
    const float *scores;   /* [boxes][columns], from the first class that counts on */
    float *corners;        /* [boxes][4]: y0, x0, y1, x1 */
    detection *found;      /* [most], best first */
    lpdnn_s32 count;       /* of found */
    float *of_box;         /* [boxes]: the score that a box is taken by */
    unsigned char *is_out; /* [boxes] */
} work;

static void decode(const work *w, const float *x, const float *anchors)
{
    const lpdnn_box_detection_spec *s = w->spec;
    lpdnn_s32 i, axis;

    for (i = 0; i < s->boxes; i++) {
        const float *code = x + i * s->code;
        const float *anchor = anchors + 4 * i;

        for (axis = 0; axis < 2; axis++) {
            float center = code[axis] / s->scales[axis] * anchor[axis + 2] + anchor[axis];
            float half = 0.5f * lpdnn_expf(code[axis + 2] / s->scales[axis + 2]) * anchor[axis + 2];

            w->corners[4 * i + axis] = center - half;
            w->corners[4 * i + axis + 2] = center + half;
        }
    }
}

static float area(const float *box)
{
    return (box[2] - box[0]) * (box[3] - box[1]);
}

/* Intersection over union; 0 where either is empty. */
static float overlap(const float *a, const float *b)
{
    float side[2];
    float shared, all;
    lpdnn_s32 i;

    if (!(area(a) > 0.0f) || !(area(b) > 0.0f)) {
        return 0.0f;
    }
    for (i = 0; i < 2; i++) {
        float low = a[i] > b[i] ? a[i] : b[i];
        float high = a[i + 2] < b[i + 2] ? a[i + 2] : b[i + 2];

        side[i] = high > low ? high - low : 0.0f;
    }
    shared = side[0] * side[1];
    all = area(a) + area(b);
    all -= shared;
    return shared / all;
}

/* The next box by its score, or -1; it, and what overlaps it, is out from then on. */
static lpdnn_s32 take(const work *w)
{
    const lpdnn_box_detection_spec *s = w->spec;
    lpdnn_s32 best = -1;
    lpdnn_s32 i;

    for (i = 0; i < s->boxes; i++) {
        if (!w->is_out[i] && (best < 0 || w->of_box[i] > w->of_box[best])) {
            best = i;
        }
    }
    for (i = 0; best >= 0 && i < s->boxes; i++) {
        if (!w->is_out[i] && (i == best || overlap(w->corners + 4 * best, w->corners + 4 * i) > s->overlap)) {
            w->is_out[i] = 1;
        }
    }
    return best;
}

static void begin(const work *w)
{
    lpdnn_s32 i;

    for (i = 0; i < w->spec->boxes; i++) {
        w->is_out[i] = !(w->of_box[i] >= w->spec->threshold);
    }
}

/* Puts a detection behind those that are as good or better; the last one falls out of a full list. */
static void insert(work *w, const detection *d)
{
    lpdnn_s32 at = w->count;

    if (w->count < w->spec->most) {
        w->count++;
    } else if (w->found[--at].score >= d->score) {
        return;
    }
    for (; at > 0 && w->found[at - 1].score < d->score; at--) {
        w->found[at] = w->found[at - 1];
    }
    w->found[at] = *d;
}

static void by_class(work *w)
{
    const lpdnn_box_detection_spec *s = w->spec;
    detection d;
    lpdnn_s32 i;

    for (d.label = 0; d.label < s->classes; d.label++) {
        for (i = 0; i < s->boxes; i++) {
            w->of_box[i] = w->scores[i * s->columns + d.label];
        }
        begin(w);
        for (i = 0; i < s->per_class; i++) {
            d.box = take(w);
            if (d.box < 0) {
                break;
            }
            d.score = w->of_box[d.box];
            insert(w, &d);
        }
    }
}

static void by_box(work *w)
{
    const lpdnn_box_detection_spec *s = w->spec;
    lpdnn_s32 i, label;

    for (i = 0; i < s->boxes; i++) {
        const float *scores = w->scores + i * s->columns;

        w->of_box[i] = scores[0];
        for (label = 1; label < s->classes; label++) {
            if (scores[label] > w->of_box[i]) {
                w->of_box[i] = scores[label];
            }
        }
    }
    begin(w);
    for (w->count = 0; w->count < s->most; w->count++) {
        lpdnn_s32 box = take(w);

        if (box < 0) {
            break;
        }
        w->found[w->count].box = box;
    }
}

/* The class that comes after another, `last`, in the order of scores, and of classes where they are equal. */
static lpdnn_s32 next_class(const float *scores, lpdnn_s32 classes, lpdnn_s32 last)
{
    lpdnn_s32 best = -1;
    lpdnn_s32 i;

    for (i = 0; i < classes; i++) {
        int follows = last < 0 || scores[i] < scores[last] || (!(scores[i] > scores[last]) && i > last);

        if (follows && (best < 0 || scores[i] > scores[best])) {
            best = i;
        }
    }
    return best;
}

static void write_row(const work *w, float *y, lpdnn_s32 row, const detection *d)
{
    lpdnn_s32 room = w->spec->most * w->spec->per_box;
    lpdnn_s32 i;

    for (i = 0; i < 4; i++) {
        y[4 * row + i] = w->corners[4 * d->box + i];
    }
    y[4 * room + row] = (float)d->label;
    y[5 * room + row] = d->score;
}

LpdnnStatus lpdnn_box_detection_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                              void *workspace)
{
    const lpdnn_box_detection_spec *s = spec;
    float *y = out[0]; /* [M][4] boxes, [M] classes, [M] scores, [1] count */
    lpdnn_s32 size = 6 * s->most * s->per_box;
    lpdnn_s32 i;
    work w;

    w.spec = s;
    w.scores = (const float *)in[LPDNN_BOX_DETECTION_SCORES] + s->columns - s->classes;
    w.corners = workspace;
    w.of_box = w.corners + 4 * s->boxes;
    w.found = (detection *)(void *)(w.of_box + s->boxes);
    w.is_out = (unsigned char *)(w.found + s->most);
    w.count = 0;
    decode(&w, in[LPDNN_BOX_DETECTION_X], in[LPDNN_BOX_DETECTION_ANCHORS]);
    for (i = 0; i < size; i++) {
        y[i] = 0.0f;
    }
    if (s->by_class) {
        by_class(&w);
        for (i = 0; i < w.count; i++) {
            write_row(&w, y, i, &w.found[i]);
        }
    } else {
        by_box(&w);
        for (i = 0; i < w.count; i++) {
            const float *scores = w.scores + w.found[i].box * s->columns;
            detection d = w.found[i];
            lpdnn_s32 rank;

            d.label = -1;
            for (rank = 0; rank < s->per_box; rank++) {
                d.label = next_class(scores, s->classes, d.label);
                if (d.label < 0) {
                    break; /* scores that are not numbers follow on none */
                }
                d.score = scores[d.label];
                write_row(&w, y, i * s->per_box + rank, &d);
            }
        }
    }
    y[size] = (float)w.count;
    return LPDNN_OK;
}
