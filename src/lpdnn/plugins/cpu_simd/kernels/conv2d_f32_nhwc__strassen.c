/* Pointwise convolution in nhwc by Strassen's algorithm (1969), one level of it: pixels, channels and filters are halved, and
   the four quadrants of the result come from seven products of sums of quadrants, not from eight products. Sums of weights
   are made when the network is compiled. Each product is added to the quadrants that it is a part of as its register tiles
   are stored (as Huang, Smith, Henry and van de Geijn do, SC 2016), so that no product exists whole.

   Constants besides conv_tile.h's, of which DEPTH is the larger half of the channels: PIXELS, CHANNELS, FILTERS; PANELS: of
   the larger half of the filters; BANDS of pixels, of which the last may overlap the one before, HALF of a band, and
   SECOND, its other half, the same or one less; WIDE_TILES, TILES_ACROSS: tiles of a half, of which the first have
   TILE_COLUMNS pixels, the others one less; BIAS, FINAL: the activation. */
#include "conv_tile.h"

#define WIDE (PANEL * VL)

/* Signs of the quadrants, first that of the first pixels and channels (filters), then that of the first pixels and second
   channels: of x in a product, and of the product in y. */
static const signed char OF_X[7][4] = {{1, 0, 0, 1}, {0, 0, 1, 1},  {1, 0, 0, 0}, {0, 0, 0, 1},
                                       {1, 1, 0, 0}, {-1, 0, 1, 0}, {0, 1, 0, -1}};
static const signed char IN_Y[7][4] = {{1, 0, 0, 1},  {0, 0, 1, -1}, {0, 1, 0, 1}, {1, 0, 1, 0},
                                       {-1, 1, 0, 0}, {0, 0, 0, 1},  {1, 0, 0, 0}};
static const float ZEROS[WIDE];

/* The floats of quadrant `at` that exist in a pixel of its half. */
INLINE lpdnn_s32 extent(int at, lpdnn_s32 pixel)
{
    return at / 2 && pixel >= SECOND ? 0 : at % 2 ? CHANNELS - DEPTH : DEPTH;
}

/* to [HALF][IN_PIXEL] = the sum of one or two quadrants of a band of x [pixels][CHANNELS], zeros beyond them. */
static void sum_quadrants(const float *x, float *to, const signed char signs[4])
{
    lpdnn_s32 pixel, c;
    int plus = 0, other = 0;

    while (signs[plus] <= 0) {
        plus++;
    }
    while (other < 4 && (other == plus || signs[other] == 0)) {
        other++;
    }
    for (pixel = 0; pixel < HALF; pixel++, to += IN_PIXEL) {
        const float *a = x + (plus / 2 * HALF + pixel) * CHANNELS + plus % 2 * DEPTH;
        const float *b = x + (other / 2 * HALF + pixel) * CHANNELS + other % 2 * DEPTH;
        lpdnn_s32 of_a = extent(plus, pixel), of_b = other == 4 ? 0 : extent(other, pixel);

        if (of_a == DEPTH && of_b == DEPTH && DEPTH % VL == 0) {
            float sign = signs[other];

            for (c = 0; c < DEPTH; c += VL) {
                store(to + c, load(a + c) + sign * load(b + c));
            }
            continue;
        }
        __builtin_memcpy(to, a, sizeof(float) * (lpdnn_size)of_a);
        __builtin_memset(to + of_a, 0, sizeof(float) * (lpdnn_size)(DEPTH - of_a));
        for (c = 0; c < of_b; c++) {
            to[c] += signs[other] * b[c];
        }
    }
}

/* Where a product goes: a quadrant of y at the tile's first pixel and the panel's first filter, of which `valid` exist; what
   is there already, or the bias, `pitch` floats from pixel to pixel; whether the sum is complete. */
typedef struct {
    float *y;
    const float *old;
    lpdnn_s32 pitch, pixels, valid;
    float sign;
    int last;
} Place;

INLINE void add_vectors(vf acc[TILE_COLUMNS][PANEL], const Place *to, const lpdnn_activation *f, int columns,
                        int kind)
{
    int j, v;

    UNROLL
    for (j = 0; j < columns; j++) {
        if (j < to->pixels) {
            UNROLL
            for (v = 0; v < PANEL; v++) {
                vf sum = load(to->old + j * to->pitch + v * VL) + to->sign * acc[j][v];

                store(to->y + j * OUT_PIXEL + v * VL, activate(kind, f, sum));
            }
        }
    }
}

/* Where fewer filters exist than a panel has. */
static __attribute__((noinline)) void add_some(const float *product, const Place *to,
                                               const lpdnn_activation *f)
{
    lpdnn_s32 j, v;

    for (j = 0; j < to->pixels; j++) {
        for (v = 0; v < to->valid; v += VL) {
            int count = (int)least(VL, to->valid - v);
            vf sum = load_some(to->old + j * to->pitch + v, count) + to->sign * load(product + j * WIDE + v);

            store_part(to->y + j * OUT_PIXEL + v, to->last ? activate(FINAL, f, sum) : sum, count);
        }
    }
}

INLINE void product_tile(const float *x, const float *w, const Place *to, int places,
                         const lpdnn_activation *f, int columns)
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
    for (i = 0; i < places; i++) {
        if (to[i].valid < WIDE) {
            float product[TILE_COLUMNS * WIDE];

            UNROLL
            for (j = 0; j < columns; j++) {
                UNROLL
                for (v = 0; v < PANEL; v++) {
                    store(product + j * WIDE + v * VL, acc[j][v]);
                }
            }
            add_some(product, to + i, f);
        } else if (to[i].last) {
            add_vectors(acc, to + i, f, columns, FINAL);
        } else {
            add_vectors(acc, to + i, f, columns, LPDNN_ACTIVATION_IDENTITY);
        }
    }
}

/* Whether one of the products from number `from` to `end` is a part of a quadrant. */
INLINE int adds(int from, int end, int quadrant)
{
    int i;

    for (i = from; i < end; i++) {
        if (IN_Y[i][quadrant]) {
            return 1;
        }
    }
    return 0;
}

/* One panel of filters of product number i over a band. x [HALF][IN_PIXEL], y: the band's first pixel. */
static void product_panel(const float *x, const float *w, const float *bias, float *y,
                          const lpdnn_activation *f, int i, lpdnn_s32 panel)
{
    lpdnn_s32 tile, column = 0;

    for (tile = 0; tile < TILES_ACROSS; tile++) {
        int columns = tile < WIDE_TILES ? TILE_COLUMNS : TILE_COLUMNS - 1;
        Place to[2];
        int places = 0, at;

        for (at = 0; at < 4; at++) {
            lpdnn_s32 filter = (at % 2 * PANELS + panel) * WIDE;
            Place *place = to + places;

            if (IN_Y[i][at] == 0 || filter >= FILTERS) {
                continue;
            }
            place->y = y + (at / 2 * HALF + column) * OUT_PIXEL + filter;
            place->pixels = least(columns, (at / 2 ? SECOND : HALF) - column);
            place->valid = least(WIDE, FILTERS - filter);
            place->sign = IN_Y[i][at];
            place->last = !adds(i + 1, 7, at);
            place->old = adds(0, i, at) ? place->y : BIAS ? bias + filter : ZEROS;
            place->pitch = adds(0, i, at) ? OUT_PIXEL : 0;
            places++;
        }
        if (WIDE_TILES == TILES_ACROSS || tile < WIDE_TILES) {
            product_tile(x + column * IN_PIXEL, w, to, places, f, TILE_COLUMNS);
        } else {
            product_tile(x + column * IN_PIXEL, w, to, places, f, TILE_COLUMNS - 1);
        }
        column += columns;
    }
}

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];       /* [PIXELS][CHANNELS] */
    const float *w = in[LPDNN_CONV2D_WEIGHT];  /* [7][PANELS][DEPTH][WIDE] */
    const float *bias = in[LPDNN_CONV2D_BIAS]; /* [2 * PANELS][WIDE] or null */
    float *y = out[0];                         /* [PIXELS][FILTERS] */
    lpdnn_s32 band, panel;
    int i;

    for (band = 0; band < BANDS; band++) {
        lpdnn_s32 first = least(band * 2 * HALF, PIXELS - HALF - SECOND);

        for (i = 0; i < 7; i++) {
            sum_quadrants(x + first * CHANNELS, workspace, OF_X[i]);
            for (panel = LPDNN_SHARE_FIRST(PANELS); panel < LPDNN_SHARE_END(PANELS); panel++) {
                product_panel(workspace, w + (i * PANELS + panel) * DEPTH * WIDE, bias, y + first * OUT_PIXEL,
                              &s->activation, i, panel);
            }
        }
    }
    return LPDNN_OK;
}
