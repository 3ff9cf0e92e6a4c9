/* Pointwise convolution in nhwc by Strassen's algorithm (1969) in Winograd's form, one level of it: pixels, channels and
   filters are halved, and the four quadrants of the result come from seven products of sums of quadrants, not from eight
   products. Sums of weights are made when the network is compiled, those of inputs once in a band of pixels, for all filters.
   For a panel of filters, the tiles of a band go through one product after the other; the two sums of these that are kept
   meanwhile stay in the first levels of cache, so that each result is stored once, finished.

   With x = [x11 x12; x21 x22], first pixels above, first channels on the left, and w likewise, first channels above:

       s1 = x21 - x22    s2 = s1 + x12    s3 = x22 - x12    s4 = x11 - s2
       t1 = w21 - w22    t2 = w12 - t1    t3 = w12 + w22    t4 = w11 - t2

       u = x12 w21    y11 = u + x11 w11    u' = u + s2 t2    v = u' + s3 t3
       y21 = v + x21 t4    y22 = v + s1 t1    y12 = u' + s1 t1 + s4 w12

   Of the 128 forms that other orders and signs of the halves give, this rounds least where inputs are not negative, as they
   are behind a ReLU: s1, s3 and s4 are differences, which are small.

   Constants besides conv_tile.h's, of which DEPTH is the larger half of the channels: PART: floats from one half of a pixel
   to the other; COPIED: 1 where x is not read where it is; CHANNELS, FILTERS; PIXELS of the result in images of OUT_HEIGHT
   and OUT_WIDTH; HEIGHT, WIDTH of x, of which every SKIP_H'th row and SKIP_W'th column is read; PANELS: of the larger half
   of the filters; BANDS of pixels, HALF: of those of each; WIDE_TILES, TILES_ACROSS: tiles of a half, of which the first have
   TILE_COLUMNS pixels, the others one less; BIAS. */
#include "conv_tile.h"

#define WIDE (PANEL * VL)
#define TILE (TILE_COLUMNS * WIDE)
#define PLANE (HALF * IN_PIXEL)

/* Threads share panels of filters, or the tiles of a band where these come out as more even. */
#define SHARE_PANELS (UNEVEN(PANELS) <= UNEVEN(TILES_ACROSS))
#define FIRST_PANEL (SHARE_PANELS ? LPDNN_SHARE_FIRST(PANELS) : 0)
#define END_PANEL (SHARE_PANELS ? LPDNN_SHARE_END(PANELS) : PANELS)
#define FIRST_TILE (SHARE_PANELS ? 0 : LPDNN_SHARE_FIRST(TILES_ACROSS))
#define END_TILE (SHARE_PANELS ? TILES_ACROSS : LPDNN_SHARE_END(TILES_ACROSS))

/* Where a product goes, with what is kept in slot `with` if it `adds`: to a quadrant of y (half of the pixels, then of the
   filters), or to a slot. */
enum {
    U,
    V,
    SLOTS
};
enum {
    Y11,
    Y12,
    Y21,
    Y22,
    TO_U,
    TO_V,
    NOWHERE
};

typedef struct {
    unsigned char place, adds, with;
} sink;

static const sink SINKS[7][2] = {
    {{TO_U, 0, U}, {NOWHERE, 0, U}}, /* x12 w21 */
    {{Y11, 1, U}, {NOWHERE, 0, U}},  /* x11 w11 */
    {{TO_U, 1, U}, {NOWHERE, 0, U}}, /* s2 t2 */
    {{TO_V, 1, U}, {NOWHERE, 0, U}}, /* s3 t3 */
    {{Y21, 1, V}, {NOWHERE, 0, U}},  /* x21 t4 */
    {{Y22, 1, V}, {TO_U, 1, U}},     /* s1 t1 */
    {{Y12, 1, U}, {NOWHERE, 0, U}},  /* s4 w12 */
};

/* The first pixel of both halves of a band; all have HALF of them, of which so many come first that others have, too. */
typedef struct {
    lpdnn_s32 first[2], skipped[2];
} pixels;

/* Results of a quadrant: at a tile's first pixel and a panel's first filter; how many of its pixels are not stored, how many
   of the filters exist. */
typedef struct {
    float *y;
    const float *bias;
    ending e;
    lpdnn_s32 skipped, filters;
} results;

/* What all results have in common. */
typedef struct {
    const float *bias; /* [2 * PANELS][WIDE] or null */
    float *y;
    ending e;
} whole;

INLINE results place_of(const whole *to, const pixels *band, int quadrant, lpdnn_s32 column, lpdnn_s32 panel)
{
    lpdnn_s32 filter = (quadrant % 2 * PANELS + panel) * WIDE;
    lpdnn_s32 pixel = band->first[quadrant / 2] + column;
    results r;

    r.y = to->y + pixel * OUT_PIXEL + filter;
    r.bias = BIAS ? to->bias + filter : 0;
    r.e = to->e;
    r.e.slope = SLOPED ? to->e.slope + filter : 0;
    r.e.addend = ADDED ? to->e.addend + pixel * ADD_PIXEL + filter : 0;
    r.skipped = band->skipped[quadrant / 2] - column;
    r.filters = least(WIDE, FILTERS - filter);
    return r;
}

/* sums [columns][WIDE] where fewer filters exist than a panel has. */
static __attribute__((noinline)) void finish_some(const float *sums, const results *to, int columns)
{
    lpdnn_s32 j, v;

    for (j = to->skipped > 0 ? to->skipped : 0; j < columns; j++) {
        for (v = 0; v < to->filters; v += VL) {
            int count = (int)least(VL, to->filters - v);
            vf sum = load(sums + j * WIDE + v) + (BIAS ? load(to->bias + v) : (vf){0});

            store_part(to->y + j * OUT_PIXEL + v,
                       ended(ACTIVATION, SLOPED, ADDED, to->e, sum, v, j * ADD_PIXEL + v, count), count);
        }
    }
}

/* Stores acc + kept [columns][WIDE]. */
INLINE void finish(vf acc[TILE_COLUMNS][PANEL], const float *kept, const results *to, int columns)
{
    int j, v;

    if (to->filters < WIDE) {
        float sums[TILE];

        UNROLL
        for (j = 0; j < columns; j++) {
            UNROLL
            for (v = 0; v < PANEL; v++) {
                store(sums + j * WIDE + v * VL, acc[j][v] + load(kept + j * WIDE + v * VL));
            }
        }
        finish_some(sums, to, columns);
        return;
    }
    UNROLL
    for (j = 0; j < columns; j++) {
        if (j >= to->skipped) {
            UNROLL
            for (v = 0; v < PANEL; v++) {
                vf sum = acc[j][v] + load(kept + j * WIDE + v * VL);

                sum += BIAS ? load(to->bias + v * VL) : (vf){0};
                store(to->y + j * OUT_PIXEL + v * VL,
                      ended(ACTIVATION, SLOPED, ADDED, to->e, sum, v * VL, j * ADD_PIXEL + v * VL, VL));
            }
        }
    }
}

/* to [columns][WIDE] = acc, and what is kept if that is to be added. */
INLINE void keep(vf acc[TILE_COLUMNS][PANEL], float *to, const float *kept, int add, int columns)
{
    int j, v;

    UNROLL
    for (j = 0; j < columns; j++) {
        UNROLL
        for (v = 0; v < PANEL; v++) {
            int at = j * WIDE + v * VL;

            store(to + at, add ? load(kept + at) + acc[j][v] : acc[j][v]);
        }
    }
}

/* One product of one tile, number `column` is its first pixel. x [columns][IN_PIXEL], w [DEPTH][WIDE], kept [SLOTS][TILE]. */
INLINE void product_tile(const float *x, const float *w, float *kept, const sink sinks[2], const whole *to,
                         const pixels *band, lpdnn_s32 column, lpdnn_s32 panel, int columns)
{
    vf acc[TILE_COLUMNS][PANEL];
    int i, j, v;

    UNROLL
    for (j = 0; j < columns; j++) {
        UNROLL
        for (v = 0; v < PANEL; v++) {
            acc[j][v] = (vf){0};
        }
    }
    tile_run(acc, x, w, RUN, 1, columns, PANEL);
    for (i = 0; i < 2; i++) {
        int place = sinks[i].place;
        const float *with = kept + sinks[i].with * TILE;

        if (place < TO_U) {
            results r = place_of(to, band, place, column, panel);

            finish(acc, with, &r, columns);
        } else if (place < NOWHERE && sinks[i].adds) {
            keep(acc, kept + (place - TO_U) * TILE, with, 1, columns);
        } else if (place < NOWHERE) {
            keep(acc, kept + (place - TO_U) * TILE, with, 0, columns);
        }
    }
}

/* The first pixel of a tile in its half. */
INLINE lpdnn_s32 tile_column(lpdnn_s32 i)
{
    return i * TILE_COLUMNS - (i > WIDE_TILES ? i - WIDE_TILES : 0);
}

/* One panel of filters over a band: inputs [7][HALF][IN_PIXEL], w [7][DEPTH][WIDE], kept [tiles][SLOTS][TILE]. */
static void band_panel(const float *const inputs[7], const float *w, float *kept, const whole *to,
                       const pixels *band, lpdnn_s32 panel)
{
    int i;
    lpdnn_s32 tile;

    for (i = 0; i < 7; i++, w += DEPTH * WIDE) {
        for (tile = FIRST_TILE; tile < END_TILE; tile++) {
            lpdnn_s32 column = tile_column(tile);
            const float *x = inputs[i] + column * IN_PIXEL;
            float *own = kept + (tile - FIRST_TILE) * SLOTS * TILE;

            if (WIDE_TILES == TILES_ACROSS || tile < WIDE_TILES) {
                product_tile(x, w, own, SINKS[i], to, band, column, panel, TILE_COLUMNS);
            } else {
                product_tile(x, w, own, SINKS[i], to, band, column, panel, TILE_COLUMNS - 1);
            }
        }
    }
}

#if COPIED
/* to [2][PART] = the channels of a pixel, in halves, with zeros behind. */
INLINE void copy_pixel(const float *x, float *to, lpdnn_s32 pixel)
{
    lpdnn_s32 row = pixel / OUT_WIDTH, image = row / OUT_HEIGHT;

    x += ((image * HEIGHT + row % OUT_HEIGHT * SKIP_H) * WIDTH + pixel % OUT_WIDTH * SKIP_W) * CHANNELS;
    __builtin_memcpy(to, x, sizeof(float) * DEPTH);
    __builtin_memset(to + DEPTH, 0, sizeof(float) * (PART - DEPTH));
    __builtin_memcpy(to + PART, x + DEPTH, sizeof(float) * (CHANNELS - DEPTH));
    __builtin_memset(to + PART + CHANNELS - DEPTH, 0, sizeof(float) * (PART + DEPTH - CHANNELS));
}
#endif

/* What the products read of a band, in their order, for the tiles at hand. */
static void make_inputs(const float *x, float *planes, const pixels *band, const float *inputs[7])
{
    float *s1 = planes, *s2 = s1 + PART, *s3 = planes + PLANE, *s4 = s3 + PART;
    float *copy = s3 + PLANE; /* of x11, x12, x21, each [HALF][IN_PIXEL], the second behind the first */
    const float *x11 = COPIED ? copy : x + band->first[0] * CHANNELS;
    const float *x21 = COPIED ? copy + PLANE : x + band->first[1] * CHANNELS;
    lpdnn_s32 i, c;

    inputs[0] = x11 + PART;
    inputs[1] = x11;
    inputs[2] = s2;
    inputs[3] = s3;
    inputs[4] = x21;
    inputs[5] = s1;
    inputs[6] = s4;
    for (i = tile_column(FIRST_TILE); i < tile_column(END_TILE); i++) {
        lpdnn_s32 at = i * IN_PIXEL;

#if COPIED
        copy_pixel(x, copy + at, band->first[0] + i);
        copy_pixel(x, copy + PLANE + at, band->first[1] + i);
#endif
        for (c = at; c < at + PART; c += VL) {
            vf b = load(x11 + PART + c), d = load(x21 + PART + c), first = load(x21 + c) - d, sum = first + b;

            store(s1 + c, first);
            store(s2 + c, sum);
            store(s3 + c, d - b);
            store(s4 + c, load(x11 + c) - sum);
        }
    }
}

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];      /* [images][HEIGHT][WIDTH][CHANNELS] */
    const float *w = in[LPDNN_CONV2D_WEIGHT]; /* [PANELS][7][DEPTH][WIDE] */
    whole to = {in[LPDNN_CONV2D_BIAS],        /* in panels, or null */
                out[0],                       /* [PIXELS][FILTERS] */
                {&s->activation, in[LPDNN_CONV2D_SLOPE] /* in panels */, in[LPDNN_CONV2D_ADDEND] /* as y */}};
    float *planes = workspace, *kept = planes + (COPIED ? 4 : 2) * PLANE;
    lpdnn_s32 i, half, panel;

    for (i = 0; i < BANDS; i++) {
        pixels band;
        const float *inputs[7];

        for (half = 0; half < 2; half++) {
            band.first[half] = least((2 * i + half) * HALF, PIXELS - HALF);
            band.skipped[half] = (2 * i + half) * HALF - band.first[half];
        }
        make_inputs(x, planes, &band, inputs);
        for (panel = FIRST_PANEL; panel < END_PANEL; panel++) {
            band_panel(inputs, w + panel * 7 * DEPTH * WIDE, kept, &to, &band, panel);
        }
    }
    return LPDNN_OK;
}
