/* The last layer of a single-shot detector, with integers: boxes in 1/2^13, what they are decoded from in 1/2^20. */
#define SCORE lpdnn_s32
#include "detections.h"
#include "element.h"
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_qdetection_output_s32_nchw__ref;

#define ONE 0x7fffffff  /* almost 1 in 1/2^31 */
#define HALF 0x40000000 /* 1/2 */
#define FAR 0x10000000  /* 256 in 1/2^20, the largest on the way */
#define CUT 0x800000    /* 8 in 1/2^20: where exponents are cut */
#define REACH 16383     /* of a corner, just below 2 in 1/2^13 */
#define TOP 1468190358  /* e^(255/16 - 8) / 4096 in 1/2^31 */

/* Corners x0, y0, x1, y1. */
typedef struct {
    lpdnn_s32 at[4];
} box;

static lpdnn_s32 limited(lpdnn_s32 x)
{
    return x < -FAR ? -FAR : x > FAR ? FAR : x;
}

static lpdnn_s32 product(lpdnn_s32 a, lpdnn_s32 b)
{
    return limited(lpdnn_rescale(b < 0 ? -a : a, b < 0 ? -b : b, 11, LPDNN_ROUND_SINGLE));
}

static lpdnn_s32 part(lpdnn_s32 x, lpdnn_s32 of)
{
    return lpdnn_rescale(x, of, 0, LPDNN_ROUND_SINGLE);
}

/* size * e^code / 2. */
static lpdnn_s32 reach(lpdnn_s32 size, lpdnn_s32 code, const lpdnn_s32 *powers)
{
    lpdnn_s32 place = (code < -CUT ? -CUT : code > CUT - 1 ? CUT - 1 : code) + CUT;
    lpdnn_s32 power = part(powers[place >> 16], powers[256 + (place >> 8 & 255)]);
    lpdnn_s32 more = part(power, (place & 255) << 11);

    power = power > ONE - more ? ONE : power + more;
    return limited(lpdnn_rescale(size, part(power, TOP), 12, LPDNN_ROUND_SINGLE));
}

/* What the functions below work on. */
typedef struct {
    const lpdnn_qdetection_output_spec *spec;
    const void *loc;         /* [N][priors][1 or num_classes][4] */
    const void *conf;        /* [N][priors][num_classes] */
    const lpdnn_s32 *priors; /* [2][priors][4]: boxes, factors of codes */
    const lpdnn_s32 *powers; /* [512] */
    lpdnn_s32 image;
    list class_best; /* [candidates] */
    list image_best; /* [kept] */
    box *boxes;      /* [candidates]: of those in class_best that are kept */
    lpdnn_s32 *y;    /* the next free row */
} work;

/* The box of a prior, decoded. */
static box box_of(const work *w, const candidate *c)
{
    const lpdnn_qdetection_output_spec *s = w->spec;
    lpdnn_s32 locations = s->share_location ? 1 : s->num_classes;
    lpdnn_s32 place = (w->image * s->priors + c->prior) * locations + (s->share_location ? 0 : c->label);
    const lpdnn_s32 *prior = w->priors + 4 * c->prior;
    lpdnn_s32 code[4], fine[4], size[2];
    box b;
    lpdnn_s32 i;

    for (i = 0; i < 4; i++) {
        fine[i] = limited(prior[i]);
        code[i] = element(w->loc, s->loc_type, 4 * place + i) - s->loc_zero;
        code[i] =
            limited(lpdnn_rescale(code[i], prior[4 * s->priors + i], s->code_shift, LPDNN_ROUND_SINGLE));
    }
    size[0] = limited(fine[2] - fine[0]);
    size[1] = limited(fine[3] - fine[1]);
    if (s->code_type == LPDNN_QDETECTION_OUTPUT_CODE_TYPE_CENTER_SIZE) {
        for (i = 0; i < 2; i++) {
            lpdnn_s32 center = product(code[i], size[i]) + ((fine[i] + fine[i + 2]) >> 1);
            lpdnn_s32 half = reach(size[i], code[i + 2], w->powers);

            fine[i] = center - half;
            fine[i + 2] = center + half;
        }
    } else {
        for (i = 0; i < 4; i++) {
            fine[i] += s->code_type == LPDNN_QDETECTION_OUTPUT_CODE_TYPE_CORNER
                           ? code[i]
                           : product(code[i], size[i % 2]);
        }
    }
    for (i = 0; i < 4; i++) {
        b.at[i] = lpdnn_clamp(lpdnn_rescale(fine[i], HALF, -6, LPDNN_ROUND_SINGLE), 0, -REACH, REACH);
    }
    return b;
}

static lpdnn_s32 area(const box *b)
{
    return b->at[2] < b->at[0] || b->at[3] < b->at[1] ? 0 : (b->at[2] - b->at[0]) * (b->at[3] - b->at[1]);
}

/* Whether what two boxes share is more than a part of both. */
static int overlap(const box *a, const box *b, lpdnn_s32 threshold)
{
    lpdnn_s32 side[2];
    lpdnn_s32 shared, i;

    for (i = 0; i < 2; i++) {
        lpdnn_s32 first = a->at[i] < b->at[i] ? b->at[i] : a->at[i];
        lpdnn_s32 last = b->at[i + 2] < a->at[i + 2] ? b->at[i + 2] : a->at[i + 2];

        side[i] = last - first;
    }
    shared = side[0] > 0 && side[1] > 0 ? side[0] * side[1] : 0;
    return shared > part(area(a) + area(b) - shared, threshold);
}

/* class_best: the best of one class, in order. */
static void choose(work *w, lpdnn_s32 label)
{
    const lpdnn_qdetection_output_spec *s = w->spec;
    candidate c;

    c.label = label;
    w->class_best.count = 0;
    for (c.prior = 0; c.prior < s->priors; c.prior++) {
        c.score = element(w->conf, s->conf_type, (w->image * s->priors + c.prior) * s->num_classes + label);
        if (c.score > s->confidence) {
            offer(&w->class_best, &c);
        }
    }
    sort(&w->class_best);
}

/* class_best: without those that overlap a better one. */
static void suppress(work *w)
{
    candidate *items = w->class_best.items;
    lpdnn_s32 threshold = w->spec->nms_threshold;
    lpdnn_s32 kept = 0;
    lpdnn_s32 i, j;

    for (i = 0; i < w->class_best.count; i++) {
        box b = box_of(w, &items[i]);

        for (j = 0; j < kept && !overlap(&b, &w->boxes[j], threshold); j++) {
        }
        if (j == kept) {
            items[kept] = items[i];
            w->boxes[kept++] = b;
            if (w->spec->nms_eta < ONE && threshold > HALF) {
                threshold = part(threshold, w->spec->nms_eta);
            }
        }
    }
    w->class_best.count = kept;
}

static void write_row(work *w, const candidate *c)
{
    const lpdnn_qdetection_output_spec *s = w->spec;
    box b = box_of(w, c);
    lpdnn_s32 i;

    w->y[0] = w->image;
    w->y[1] = c->label;
    w->y[2] = lpdnn_rescale(c->score - s->conf_zero, s->score, s->score_shift, LPDNN_ROUND_SINGLE);
    for (i = 0; i < 4; i++) {
        w->y[3 + i] = b.at[i];
    }
    w->y += 7;
}

/* The rows of one image: at once if there is no limit to them, else the best of all classes. */
static void detect(work *w)
{
    const lpdnn_qdetection_output_spec *s = w->spec;
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
                write_row(w, &w->class_best.items[i]);
            }
        }
    }
    sort(&w->image_best);
    for (label = 0; label < s->num_classes; label++) {
        for (i = 0; i < w->image_best.count; i++) {
            if (w->image_best.items[i].label == label) {
                write_row(w, &w->image_best.items[i]);
            }
        }
    }
}

LpdnnStatus lpdnn_qdetection_output_s32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                                  void *workspace)
{
    const lpdnn_qdetection_output_spec *s = spec;
    lpdnn_s32 *end = (lpdnn_s32 *)out[0] + 7 * s->rows; /* y: [rows][image, class, score, x0, y0, x1, y1] */
    work w;

    w.spec = s;
    w.loc = in[LPDNN_QDETECTION_OUTPUT_LOC];
    w.conf = in[LPDNN_QDETECTION_OUTPUT_CONF];
    w.priors = in[LPDNN_QDETECTION_OUTPUT_PRIORS];
    w.powers = in[LPDNN_QDETECTION_OUTPUT_POWERS];
    w.class_best.items = workspace;
    w.class_best.limit = s->candidates;
    w.image_best.items = w.class_best.items + s->candidates;
    w.image_best.limit = s->kept;
    w.boxes = (box *)(void *)(w.image_best.items + s->kept);
    w.y = out[0];
    for (w.image = 0; w.image < s->batch; w.image++) {
        detect(&w);
    }
    for (; w.y < end; w.y += 7) {
        w.y[0] = -1;
        w.y[1] = -1;
        w.y[2] = -(1 << 15);
        w.y[3] = -(1 << 13);
        w.y[4] = -(1 << 13);
        w.y[5] = -(1 << 13);
        w.y[6] = -(1 << 13);
    }
    return LPDNN_OK;
}
