/* Images of integers in another size, bilinearly, at places in steps of 1/1024 of a pixel. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qresize_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

#define PIXEL 1024

typedef struct {
    lpdnn_s32 before, after, part;
} source;

/* steps: from one place to the next, and the first place. */
static source source_of(lpdnn_s32 i, const lpdnn_s32 *steps, lpdnn_s32 size)
{
    lpdnn_s32 place = steps[0] * i + steps[1];
    source s;

    place = place < 0 ? 0 : place > PIXEL * (size - 1) ? PIXEL * (size - 1) : place;
    s.before = place / PIXEL;
    s.after = s.before + 1 < size ? s.before + 1 : s.before;
    s.part = place % PIXEL;
    return s;
}

/* (a * 1024 + b) / 1024^2, rounded to the nearest, ties away from zero. */
static lpdnn_s32 rounded(lpdnn_s32 a, lpdnn_s32 b)
{
    int negative;

    a += b / PIXEL;
    b %= PIXEL;
    negative = a < 0 || (a == 0 && b < 0);
    if (negative) {
        a = -a;
        b = -b;
    }
    a = (a - (b < 0) + PIXEL / 2) / PIXEL;
    return negative ? -a : a;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qresize_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QRESIZE_X]; /* [planes][in_height][in_width] */
    LPDNN_ELEMENT *y = out[0];                    /* [planes][height][width] */
    lpdnn_s32 plane, i, j;

    (void)workspace;
    for (plane = 0; plane < s->planes; plane++) {
        for (i = 0; i < s->height; i++) {
            const source down = source_of(i, s->rows, s->in_height);
            const LPDNN_ELEMENT *top = x + down.before * s->in_width;
            const LPDNN_ELEMENT *bottom = x + down.after * s->in_width;

            for (j = 0; j < s->width; j++) {
                const source across = source_of(j, s->columns, s->in_width);
                const lpdnn_s32 left =
                    top[across.before] * (PIXEL - down.part) + bottom[across.before] * down.part;
                const lpdnn_s32 right =
                    top[across.after] * (PIXEL - down.part) + bottom[across.after] * down.part;
                const lpdnn_s32 whole = left / PIXEL * (PIXEL - across.part) + right / PIXEL * across.part;
                const lpdnn_s32 rest = left % PIXEL * (PIXEL - across.part) + right % PIXEL * across.part;

                *y++ = (LPDNN_ELEMENT)rounded(whole, rest);
            }
        }
        x += s->in_height * s->in_width;
    }
    return LPDNN_OK;
}
