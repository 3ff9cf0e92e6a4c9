/* Images in another size: pixel i of a row or column is taken from (step * i + offset) / divisor. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_resize_f32_nchw__ref;

/* Between which two pixels one of the result lies, and how far from the first. */
typedef struct {
    lpdnn_s32 before;
    lpdnn_s32 after;
    float fraction;
} place;

static place locate(lpdnn_s32 i, lpdnn_s32 step, lpdnn_s32 offset, lpdnn_s32 divisor, lpdnn_s32 size)
{
    lpdnn_s32 dividend = step * i + offset;
    place p;

    if (dividend < 0) {
        dividend = 0;
    }
    p.before = dividend / divisor;
    p.after = p.before + 1 < size ? p.before + 1 : p.before;
    p.fraction = (float)(dividend % divisor) / (float)divisor;
    return p;
}

/* One row of the result from row x; columns [width]. */
static void pick(const float *x, float *y, const place *columns, lpdnn_s32 width)
{
    lpdnn_s32 i;

    for (i = 0; i < width; i++) {
        y[i] = x[columns[i].before];
    }
}

/* One row of the result between rows `top` and `bottom`. */
static void blend(const float *top, const float *bottom, float down, float *y, const place *columns,
                  lpdnn_s32 width)
{
    lpdnn_s32 i;

    for (i = 0; i < width; i++) {
        const place *c = &columns[i];
        float left = top[c->before] + down * (bottom[c->before] - top[c->before]);
        float right = top[c->after] + down * (bottom[c->after] - top[c->after]);

        y[i] = left + c->fraction * (right - left);
    }
}

LpdnnStatus lpdnn_resize_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_resize_spec *s = spec;
    const float *x = in[LPDNN_RESIZE_X]; /* [planes][in_height][in_width] */
    float *y = out[0];                   /* [planes][height][width] */
    place *columns = workspace;          /* [width] */
    lpdnn_s32 plane, i;

    for (i = 0; i < s->width; i++) {
        columns[i] = locate(i, s->column_step, s->column_offset, s->column_divisor, s->in_width);
    }
    for (plane = 0; plane < s->planes; plane++) {
        for (i = 0; i < s->height; i++) {
            place row = locate(i, s->row_step, s->row_offset, s->row_divisor, s->in_height);
            const float *top = x + row.before * s->in_width;

            if (s->mode == LPDNN_RESIZE_MODE_NEAREST) {
                pick(top, y, columns, s->width);
            } else {
                blend(top, x + row.after * s->in_width, row.fraction, y, columns, s->width);
            }
            y += s->width;
        }
        x += s->in_height * s->in_width;
    }
    return LPDNN_OK;
}
