/* Images of unsigned integers in another size, bilinearly, every step rounded to single precision. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_qresize_single_u8_nchw__ref;

typedef struct {
    lpdnn_s32 before, after;
    float part;
} source;

/* scale: so many pixels for so many indices. Volatile: contraction and more precision would spoil these terms. */
static source source_of(lpdnn_s32 i, const lpdnn_s32 *scale, int centers, lpdnn_s32 size)
{
    const float half = centers ? 0.5f : 0.0f;
    volatile float step = (float)scale[0] / (float)scale[1];
    volatile float product = ((float)i + half) * step;
    volatile float place = product - half;
    source s;

    s.before = place > 0.0f ? (lpdnn_s32)place : 0;
    s.after = place > (float)s.before ? s.before + 1 : s.before;
    s.after = s.after < size ? s.after : size - 1;
    s.part = place - (float)s.before;
    return s;
}

static float weighted(float x, float down, float across)
{
    volatile float product = x * down;
    volatile float result = product * across;

    return result;
}

LpdnnStatus lpdnn_qresize_single_u8_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                              void *workspace)
{
    const lpdnn_qresize_single_spec *s = spec;
    const lpdnn_u8 *x = in[LPDNN_QRESIZE_SINGLE_X]; /* [planes][in_height][in_width] */
    lpdnn_u8 *y = out[0];                           /* [planes][height][width] */
    lpdnn_s32 plane, i, j;

    (void)workspace;
    for (plane = 0; plane < s->planes; plane++) {
        for (i = 0; i < s->height; i++) {
            const source down = source_of(i, s->rows, s->centers, s->in_height);
            const lpdnn_u8 *top = x + down.before * s->in_width;
            const lpdnn_u8 *bottom = x + down.after * s->in_width;

            for (j = 0; j < s->width; j++) {
                const source across = source_of(j, s->columns, s->centers, s->in_width);
                volatile float sum = weighted(top[across.before], 1.0f - down.part, 1.0f - across.part);

                sum += weighted(bottom[across.before], down.part, 1.0f - across.part);
                sum += weighted(top[across.after], 1.0f - down.part, across.part);
                sum += weighted(bottom[across.after], down.part, across.part);
                sum += 0.5f;
                *y++ = (lpdnn_u8)sum;
            }
        }
        x += s->in_height * s->in_width;
    }
    return LPDNN_OK;
}
