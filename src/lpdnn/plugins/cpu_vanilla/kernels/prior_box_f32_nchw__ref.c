/* The boxes that a single-shot detector starts from, and their variances. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_prior_box_f32_nchw__ref;

static float bounded(float x)
{
    x = x > 0.0f ? x : 0.0f;
    return x < 1.0f ? x : 1.0f;
}

/* Where boxes go, and the pixel that they are around, in pixels of the image. */
typedef struct {
    const lpdnn_prior_box_spec *spec;
    float *y;
    float center_x;
    float center_y;
} pen;

static void draw(pen *p, float width, float height)
{
    const lpdnn_prior_box_spec *s = p->spec;
    lpdnn_s32 i;

    p->y[0] = (p->center_x - width * 0.5f) / (float)s->image_width;
    p->y[1] = (p->center_y - height * 0.5f) / (float)s->image_height;
    p->y[2] = (p->center_x + width * 0.5f) / (float)s->image_width;
    p->y[3] = (p->center_y + height * 0.5f) / (float)s->image_height;
    for (i = 0; s->clip && i < 4; i++) {
        p->y[i] = bounded(p->y[i]);
    }
    p->y += 4;
}

/* The boxes of one pixel. */
static void draw_all(pen *p)
{
    const lpdnn_prior_box_spec *s = p->spec;
    lpdnn_s32 i, r;

    for (i = 0; i < s->min_sizes_count; i++) {
        float size = s->min_sizes[i];

        draw(p, size, size);
        if (s->max_sizes_count > 0) {
            float between = lpdnn_sqrtf(size * s->max_sizes[i]);

            draw(p, between, between);
        }
        for (r = 0; r < s->aspect_ratios_count; r++) {
            float root = lpdnn_sqrtf(s->aspect_ratios[r]);

            draw(p, size * root, size / root);
            if (s->flip) {
                draw(p, size / root, size * root);
            }
        }
    }
}

LpdnnStatus lpdnn_prior_box_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                          void *workspace)
{
    const lpdnn_prior_box_spec *s = spec;
    float *y = out[0]; /* [2][H*W*boxes*4]: x0, y0, x1, y1 of each box, then the variances of these */
    int given = s->step[0] > 0.0f && s->step[1] > 0.0f;
    float step_y = given ? s->step[0] : (float)s->image_height / (float)s->height;
    float step_x = given ? s->step[1] : (float)s->image_width / (float)s->width;
    lpdnn_s32 h, w, i, count;
    pen p;

    (void)in;
    (void)workspace;
    p.spec = s;
    p.y = y;
    for (h = 0; h < s->height; h++) {
        for (w = 0; w < s->width; w++) {
            p.center_y = ((float)h + s->offset) * step_y;
            p.center_x = ((float)w + s->offset) * step_x;
            draw_all(&p);
        }
    }
    count = (lpdnn_s32)(p.y - y);
    for (i = 0; i < count; i++) {
        p.y[i] = s->variances[s->variances_count == 1 ? 0 : i % 4];
    }
    return LPDNN_OK;
}
