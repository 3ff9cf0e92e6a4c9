/* The last layer of a single-shot detector: the best boxes of each class that overlap no better one. */
#define SCORE float
#include "detections.h"
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_detection_output_f32_nchw__ref;

/* Corners x0, y0, x1, y1. */
typedef struct {
    float at[4];
} box;

/* The box that `code` tells from a prior; variance is null if it is part of the code already. */
static box decode(lpdnn_s32 code_type, const float *code, const float *prior, const float *variance)
{
    float size[2];
    box b;
    lpdnn_s32 i;

    size[0] = prior[2] - prior[0];
    size[1] = prior[3] - prior[1];
    for (i = 0; i < 4; i++) {
        b.at[i] = variance ? variance[i] * code[i] : code[i];
    }
    switch (code_type) {
    case LPDNN_DETECTION_OUTPUT_CODE_TYPE_CENTER_SIZE:
        for (i = 0; i < 2; i++) {
            float center = b.at[i] * size[i] + (prior[i] + prior[i + 2]) * 0.5f;
            float reach = lpdnn_expf(b.at[i + 2]) * size[i] * 0.5f;

            b.at[i] = center - reach;
            b.at[i + 2] = center + reach;
        }
        break;
    case LPDNN_DETECTION_OUTPUT_CODE_TYPE_CORNER_SIZE:
        for (i = 0; i < 4; i++) {
            b.at[i] = prior[i] + b.at[i] * size[i % 2];
        }
        break;
    default:
        for (i = 0; i < 4; i++) {
            b.at[i] += prior[i];
        }
        break;
    }
    return b;
}

static float area(const box *b)
{
    return b->at[2] < b->at[0] || b->at[3] < b->at[1] ? 0.0f : (b->at[2] - b->at[0]) * (b->at[3] - b->at[1]);
}

/* Intersection over union; NaN where infinities or NaN leave it undefined. */
static float overlap(const box *a, const box *b)
{
    float side[2];
    float shared, all;
    lpdnn_s32 i;

    for (i = 0; i < 2; i++) {
        float first = a->at[i] < b->at[i] ? b->at[i] : a->at[i];
        float last = b->at[i + 2] < a->at[i + 2] ? b->at[i + 2] : a->at[i + 2];

        side[i] = last - first;
        if (b->at[i] > a->at[i + 2] || b->at[i + 2] < a->at[i] || !(side[i] > 0.0f)) {
            return 0.0f;
        }
    }
    shared = side[0] * side[1];
    all = area(a) + area(b);
    all -= shared;
    return shared / all;
}

/* What the functions below work on. */
typedef struct {
    const lpdnn_detection_output_spec *spec;
    const float *loc;    /* [priors][1 or num_classes][4], of one image */
    const float *conf;   /* [priors][num_classes], of one image */
    const float *priors; /* [2][priors][4]: boxes, variances */
    list class_best;     /* [candidates] */
    list image_best;     /* [kept] */
    box *boxes;          /* [candidates]: of those in class_best that are kept */
    float *y;            /* the next free row */
} work;

static box box_of(const work *w, const candidate *c)
{
    const lpdnn_detection_output_spec *s = w->spec;
    lpdnn_s32 location = s->share_location ? c->prior : c->prior * s->num_classes + c->label;
    const float *prior = w->priors + 4 * c->prior;

    return decode(s->code_type, w->loc + 4 * location, prior,
                  s->variance_encoded ? 0 : prior + 4 * s->priors);
}

/* class_best: the best of one class, in order. */
static void choose(work *w, lpdnn_s32 label)
{
    const lpdnn_detection_output_spec *s = w->spec;
    candidate c;

    c.label = label;
    w->class_best.count = 0;
    for (c.prior = 0; c.prior < s->priors; c.prior++) {
        c.score = w->conf[c.prior * s->num_classes + label];
        if (c.score > s->confidence_threshold) {
            offer(&w->class_best, &c);
        }
    }
    sort(&w->class_best);
}

/* class_best: without those that overlap a better one. */
static void suppress(work *w)
{
    candidate *items = w->class_best.items;
    float threshold = w->spec->nms_threshold;
    lpdnn_s32 kept = 0;
    lpdnn_s32 i, j;

    for (i = 0; i < w->class_best.count; i++) {
        box b = box_of(w, &items[i]);

        for (j = 0; j < kept && overlap(&b, &w->boxes[j]) <= threshold; j++) {
        }
        if (j == kept) {
            items[kept] = items[i];
            w->boxes[kept++] = b;
            if (w->spec->nms_eta < 1.0f && threshold > 0.5f) {
                threshold *= w->spec->nms_eta;
            }
        }
    }
    w->class_best.count = kept;
}

static void write_row(work *w, lpdnn_s32 image, const candidate *c)
{
    box b = box_of(w, c);
    lpdnn_s32 i;

    w->y[0] = (float)image;
    w->y[1] = (float)c->label;
    w->y[2] = c->score;
    for (i = 0; i < 4; i++) {
        w->y[3 + i] = b.at[i];
    }
    w->y += 7;
}

/* The rows of one image: at once if there is no limit to them, else the best of all classes. */
static void detect(work *w, lpdnn_s32 image)
{
    const lpdnn_detection_output_spec *s = w->spec;
    lpdnn_s32 label, i;

    w->image_best.count = 0;
    for (label = 0; label < s->num_classes; label++) {
        if (label == s->background_label) {
            continue;
        }
        choose(w, label);
        suppress(w);
        for (i = 0; i < w->class_best.count; i++) {
            if (w->image_best.limit > 0) {
                offer(&w->image_best, &w->class_best.items[i]);
            } else {
                write_row(w, image, &w->class_best.items[i]);
            }
        }
    }
    sort(&w->image_best);
    for (label = 0; label < s->num_classes; label++) {
        for (i = 0; i < w->image_best.count; i++) {
            if (w->image_best.items[i].label == label) {
                write_row(w, image, &w->image_best.items[i]);
            }
        }
    }
}

LpdnnStatus lpdnn_detection_output_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                                 void *workspace)
{
    const lpdnn_detection_output_spec *s = spec;
    lpdnn_s32 locations = s->share_location ? 1 : s->num_classes;
    float *end = (float *)out[0] + 7 * s->rows; /* y: [rows][image, class, score, x0, y0, x1, y1] */
    lpdnn_s32 n;
    work w;

    w.spec = s;
    w.loc = in[LPDNN_DETECTION_OUTPUT_LOC];
    w.conf = in[LPDNN_DETECTION_OUTPUT_CONF];
    w.priors = in[LPDNN_DETECTION_OUTPUT_PRIORS];
    w.class_best.items = workspace;
    w.class_best.limit = s->candidates;
    w.image_best.items = w.class_best.items + s->candidates;
    w.image_best.limit = s->kept;
    w.boxes = (box *)(void *)(w.image_best.items + s->kept);
    w.y = out[0];
    for (n = 0; n < s->batch; n++) {
        detect(&w, n);
        w.loc += 4 * locations * s->priors;
        w.conf += s->num_classes * s->priors;
    }
    for (; w.y < end; w.y++) {
        *w.y = -1.0f;
    }
    return LPDNN_OK;
}
