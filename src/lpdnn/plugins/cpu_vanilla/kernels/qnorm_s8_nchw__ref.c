/* Integers divided by a function of the sum of their squares. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qnorm_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

enum {
    PARTS = 64 /* entries of the table for each doubling */
};

/* Channels, rows and columns from first to last. */
typedef struct {
    lpdnn_s32 first[3];
    lpdnn_s32 last[3];
} box;

static void around(box *b, int axis, lpdnn_s32 place, lpdnn_s32 size, lpdnn_s32 extent)
{
    b->first[axis] = place - size / 2 > 0 ? place - size / 2 : 0;
    b->last[axis] = place + size / 2 < extent ? place + size / 2 : extent - 1;
}

/* The region of the element at channel c, row h and column w. */
static box region(const lpdnn_qnorm_spec *s, lpdnn_s32 c, lpdnn_s32 h, lpdnn_s32 w)
{
    int channels = s->region == LPDNN_QNORM_REGION_ALL_CHANNELS || s->region == LPDNN_QNORM_REGION_IMAGE;
    int window = s->region == LPDNN_QNORM_REGION_WITHIN_CHANNEL;
    int all = s->region == LPDNN_QNORM_REGION_IMAGE;
    box b;

    around(&b, 0, c, channels ? 2 * s->channels : window ? 1 : s->size, s->channels);
    around(&b, 1, h, all ? 2 * s->height : window ? s->size : 1, s->height);
    around(&b, 2, w, all ? 2 * s->width : window ? s->size : 1, s->width);
    return b;
}

/* The sum of the squares of a region of an image, shifted right. */
static lpdnn_u32 squares(const lpdnn_qnorm_spec *s, const LPDNN_ELEMENT *x, const box *b)
{
    lpdnn_u32 high = 0u, low = 0u;
    lpdnn_s32 c, h, w;

    for (c = b->first[0]; c <= b->last[0]; c++) {
        for (h = b->first[1]; h <= b->last[1]; h++) {
            const LPDNN_ELEMENT *row = x + (c * s->height + h) * s->width;

            for (w = b->first[2]; w <= b->last[2]; w++) {
                lpdnn_s32 step = row[w] - s->x_zero;
                lpdnn_u32 square = (lpdnn_u32)(step * step);

                high += square >> 16;
                low += square & 0xffffu;
            }
        }
    }
    high += low >> 16;
    low &= 0xffffu;
    return s->drop > 16 ? high >> (s->drop - 16) : high << (16 - s->drop) | low >> s->drop;
}

/* The table's function of a sum. */
static lpdnn_s32 looked_up(const lpdnn_s32 *table, lpdnn_u32 sum)
{
    lpdnn_s32 octave = 0;
    const lpdnn_s32 *entry;
    lpdnn_s32 rest;

    while (sum >> octave >= 2 * PARTS) {
        octave++;
    }
    entry = table + PARTS * octave + (lpdnn_s32)(sum >> octave);
    rest = (lpdnn_s32)(sum & ((1u << octave) - 1u));
    return rest == 0
               ? *entry
               : *entry + lpdnn_rescale(entry[1] - *entry, (lpdnn_s32)((lpdnn_u32)rest << (31 - octave)), 0,
                                        LPDNN_ROUND_SINGLE);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qnorm_spec *s = spec;
    const LPDNN_ELEMENT *x = in[LPDNN_QNORM_X];               /* [N][C][H][W] */
    const lpdnn_s32 *table = in[LPDNN_QNORM_TABLE];           /* [1665] */
    const lpdnn_s32 *multiplier = in[LPDNN_QNORM_MULTIPLIER]; /* [C] or [1] */
    const lpdnn_s32 *shift = in[LPDNN_QNORM_SHIFT];
    LPDNN_ELEMENT *y = out[0]; /* as x */
    lpdnn_s32 n, c, h, w;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        box seen = {{-1, 0, 0}, {0, 0, 0}};
        lpdnn_s32 value = 0;

        for (h = 0; h < s->height; h++) {
            for (w = 0; w < s->width; w++) {
                for (c = 0; c < s->channels; c++) {
                    lpdnn_s32 f = s->factors == 1 ? 0 : c;
                    lpdnn_s32 place = (c * s->height + h) * s->width + w;
                    box b = region(s, c, h, w);
                    lpdnn_s32 factor;

                    /* a whole image, or all channels, have one sum */
                    if (b.first[0] != seen.first[0] || b.last[0] != seen.last[0] ||
                        b.first[1] != seen.first[1] || b.first[2] != seen.first[2] ||
                        b.last[1] != seen.last[1] || b.last[2] != seen.last[2]) {
                        value = looked_up(table, squares(s, x, &b));
                        seen = b;
                    }
                    factor = lpdnn_rescale(value, multiplier[f], 0, LPDNN_ROUND_SINGLE);
                    factor = lpdnn_rescale(x[place] - s->x_zero, factor, shift[f], LPDNN_ROUND_SINGLE);
                    y[place] = (LPDNN_ELEMENT)lpdnn_clamp(factor, s->y_zero, s->low, s->high);
                }
            }
        }
        x += s->channels * s->height * s->width;
        y += s->channels * s->height * s->width;
    }
    return LPDNN_OK;
}
