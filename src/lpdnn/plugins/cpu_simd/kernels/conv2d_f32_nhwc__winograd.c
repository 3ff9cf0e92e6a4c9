/* Convolution in nhwc by Winograd's algorithm: tiles of MAP x MAP output pixels are transformed, multiplied with
   transformed weights, a matrix product for each of SPAN x SPAN positions, and transformed back.

   A stride of STEP splits input and filter into STEP phases an axis, convolutions without stride whose results are added up
   (Huang et al. 2020). So they are more channels of the matrix products; STEP phases across, whose pixels are neighbours, are
   channels of the input. The first LONG phases have a tap more than the others, which take no part at infinity.

   Constants besides those of winograd.h and conv_tile.h: BATCH, CHANNELS, HEIGHT, WIDTH, FILTERS, OUT_HEIGHT, OUT_WIDTH,
   STEP, LONG, GROUPS (of whole vectors of filters, if several; then without stride), PAD_TOP, PAD_LEFT; MAPS_DOWN, MAPS_ACROSS: tiles of an image; LAST_DOWN,
   LAST_ACROSS: the spans of the last row of tiles, and of the last column of the others, which are not multiplied at the
   points that these lack; BAND: tiles that are transformed together; TILE_SIZES: bit k is set where a register tile of k
   tiles occurs; IN_PLANE, OUT_PLANE: floats of a band's transformed inputs, outputs, at one position; Y_PIXEL: floats from
   a pixel of y to the next; BIAS; FINAL, FINAL_SLOPED, FINAL_ADDED: the layer's ACTIVATION, SLOPED, ADDED. */
#include "conv_tile.h"
#include "winograd.h"

lpdnn_kernel LPDNN_KERNEL;

#define WHOLE_DOWN (MAPS_DOWN - (LAST_DOWN < SPAN))
#define WHOLE_ACROSS (MAPS_ACROSS - (LAST_ACROSS < SPAN))
#define MAPS (BATCH * MAPS_DOWN * MAPS_ACROSS)
/* Tiles are in this order: those of the last column, whole ones, those of the last row with the corner. */
#define COLUMN_END (LAST_ACROSS < SPAN ? BATCH * WHOLE_DOWN : 0)
#define ROW_START (LAST_DOWN < SPAN ? MAPS - BATCH * MAPS_ACROSS : MAPS)
/* Input pixels under a tile along an axis; floats of as many neighbours as there are phases, and its vectors. */
#define UNDER (STEP * (SPAN - 1) + LONG)
#define WIDE (STEP * CHANNELS)
#define BLOCKS ((WIDE + VL - 1) / VL)
#define LONG_BLOCKS ((LONG * CHANNELS + VL - 1) / VL)
/* Floats from a row's first pixel under a tile to the end of the last vector that is read there. */
#define REACH                                                                                                \
    ((SPAN - 1) * WIDE + (LONG_BLOCKS * VL > (BLOCKS * VL - WIDE) ? LONG_BLOCKS * VL : BLOCKS * VL - WIDE))
#define OUT_BLOCKS ((FILTERS + VL - 1) / VL)
#define GROUP (FILTERS / GROUPS)
#define PANELS ((GROUP + PANEL * VL - 1) / (PANEL * VL))
#define ALL_PANELS (SPAN * SPAN * GROUPS * PANELS)
#define LAST_VECTORS ((GROUP + VL - 1) / VL - (PANELS - 1) * PANEL)

/* Phases of an axis that take part at one of its points. */
#define PHASES(at) ((at) == SPAN - 1 ? LONG : STEP)

/* Channels or filters of vector `block` of `count`. */
INLINE int lanes(lpdnn_s32 block, lpdnn_s32 count)
{
    return count % VL == 0 || (block + 1) * VL <= count ? VL : count % VL;
}

/* The first pixel of a tile in the map of outputs, and its image. */
typedef struct {
    lpdnn_s32 image, h, w;
} place;

INLINE place place_of(lpdnn_s32 map)
{
    lpdnn_s32 i = map - COLUMN_END;

    if (map < COLUMN_END) {
        return (place){map / WHOLE_DOWN, map % WHOLE_DOWN * MAP, WHOLE_ACROSS * MAP};
    }
    if (map < ROW_START) {
        return (place){i / (WHOLE_DOWN * WHOLE_ACROSS), i / WHOLE_ACROSS % WHOLE_DOWN * MAP,
                       i % WHOLE_ACROSS * MAP};
    }
    i = map - ROW_START;
    return (place){i / MAPS_ACROSS, WHOLE_DOWN * MAP, i % MAPS_ACROSS * MAP};
}

/* A vector of channels of down x across pixels to as many planes, to the place of `phase` down; without infinity down and
   across unless that has pixels for it. What the first axis gives for a point, and for its negative, is used up at once, so
   that it stays in registers. row, pixel: floats from one to the next in x. */
INLINE void gather(const float *x, lpdnn_s32 row, lpdnn_s32 pixel, float *to, int phase, int down, int across,
                   int long_down, int long_across)
{
    int rows = down - !long_down, columns = across - !long_across;
    int pair, i, j, k;

    UNROLL
    for (pair = 0; pair <= PAIRS(down); pair++) {
        /* after the pairs, infinity and 0 */
        int first = pair < PAIRS(down) ? ZERO(down) + 2 * pair : long_down ? down - 1 : 0;
        int count = pair < PAIRS(down) ? 2 : long_down + ZERO(down);
        vf half[2][SPAN];

        UNROLL
        for (j = 0; j < columns; j++) {
            vf line[SPAN];

            UNROLL
            for (i = 0; i < rows; i++) {
                line[i] = load(x + i * row + j * pixel);
            }
            UNROLL
            for (k = 0; k < count; k++) {
                half[k][j] = transformed_input(line, (first + k) % down, down);
            }
        }
        UNROLL
        for (k = 0; k < count; k++) {
            UNROLL
            for (j = 0; j < columns; j++) {
                int plane = position((first + k) % down, down) * SPAN + position(j, across);
                float *place = to + plane * IN_PLANE + phase * PHASES(position(j, across)) * CHANNELS;

                store(place, transformed_input(half[k], j, across));
            }
        }
    }
}

/* The same for vector b of a row's pixels in phase `phase` down. What it stores beyond their end, later ones replace. */
INLINE void gather_block(const float *x, lpdnn_s32 row, lpdnn_s32 pixel, float *to, int phase, lpdnn_s32 b,
                         int down, int across)
{
    if ((LONG == STEP || phase < LONG) && (LONG == STEP || b < LONG_BLOCKS)) {
        gather(x, row, pixel, to + b * VL, phase, down, across, 1, 1);
    } else if (phase < LONG) {
        gather(x, row, pixel, to + b * VL, phase, down, across, 1, 0);
    } else if (b < LONG_BLOCKS) {
        gather(x, row, pixel, to + b * VL, phase, down, across, 0, 1);
    } else {
        gather(x, row, pixel, to + b * VL, phase, down, across, 0, 0);
    }
}

/* `count` floats from number `at` of a row on, 0 where they are beside it. */
INLINE vf part_of(const float *row, lpdnn_s32 at, int count)
{
    vf v = {0};
    int lane;

    if (at >= 0 && at + count <= WIDTH * CHANNELS) {
        return load_part(row + at, count);
    }
    for (lane = at < 0 ? -at : 0; lane < count && at + lane < WIDTH * CHANNELS; lane++) {
        v[lane] = row[at + lane];
    }
    return v;
}

/* Planes of a tile of which some pixels are beside x [HEIGHT][WIDTH][CHANNELS]; h, w: the first pixel. */
INLINE void gather_edge(const float *x, lpdnn_s32 h, lpdnn_s32 w, float *to, int down, int across)
{
    int phase;
    lpdnn_s32 b;

    for (phase = 0; phase < STEP; phase++) {
        for (b = 0; b < BLOCKS; b++) {
            vf patch[SPAN][SPAN];
            int i, j;

            for (i = 0; i < down; i++) {
                lpdnn_s32 row = h + phase + i * STEP;

                for (j = 0; j < across; j++) {
                    patch[i][j] = row < 0 || row >= HEIGHT
                                      ? (vf){0}
                                      : part_of(x + row * WIDTH * CHANNELS,
                                                (w + j * STEP) * CHANNELS + b * VL, lanes(b, WIDE));
                }
            }
            gather_block((const float *)patch, SPAN * VL, VL, to, phase, b, down, across);
        }
    }
}

/* from [SPAN][SPAN] planes; y: a vector of filters of the tile's first pixel, of which `rows` x `columns` are in the map. */
INLINE void scatter(const float *from, float *y, vf bias, ending e, int down, int across, lpdnn_s32 rows,
                    lpdnn_s32 columns, int count)
{
    int odd, i, j, k;

    /* Even rows are made of sums of the pairs, odd ones of their differences: half of them stays in registers. */
    UNROLL
    for (odd = 0; odd < 2; odd++) {
        vf half[(MAP + 1) / 2][SPAN];
        int half_rows = (down - (SPAN - MAP) + 1 - odd) / 2;

        UNROLL
        for (j = 0; j < across; j++) {
            vf line[SPAN], transformed[MAP];

            UNROLL
            for (i = 0; i < down; i++) {
                line[i] = load(from + (position(i, down) * SPAN + position(j, across)) * OUT_PLANE);
            }
            transform_output(line, transformed, down);
            UNROLL
            for (k = 0; k < half_rows; k++) {
                half[k][j] = transformed[2 * k + odd];
            }
        }
        UNROLL
        for (k = 0; k < half_rows; k++) {
            vf pixels[MAP];

            transform_output(half[k], pixels, across);
            UNROLL
            for (j = 0; j < across - (SPAN - MAP); j++) {
                if (2 * k + odd < rows && j < columns) {
                    lpdnn_s32 pixel = (2 * k + odd) * OUT_WIDTH + j;

                    store_part(y + pixel * Y_PIXEL,
                               ended(FINAL, FINAL_SLOPED, FINAL_ADDED, e, pixels[j] + bias, 0,
                                     pixel * FILTERS, count),
                               count);
                }
            }
        }
    }
}

/* Asks the second level of cache for `pixels` in each of so many rows: memory is far, and the first level too small. */
INLINE void fetch(const float *x, lpdnn_s32 row, int rows, lpdnn_s32 floats)
{
    lpdnn_s32 i, j;

    for (i = 0; i < rows; i++) {
        for (j = 0; j < floats; j += LINE) {
            __builtin_prefetch(x + i * row + j, 0, 2);
        }
    }
}

/* Transformed inputs [SPAN * SPAN][IN_PLANE] of tile `map`, the one at `to` in each plane. */
APART void gather_map(const float *x, lpdnn_s32 map, float *to)
{
    place tile = place_of(map);
    lpdnn_s32 h = tile.h * STEP - PAD_TOP, w = tile.w * STEP - PAD_LEFT;
    const float *image = x + tile.image * HEIGHT * WIDTH * CHANNELS;
    const float *from = image + (h * WIDTH + w) * CHANNELS;
    int inside = h >= 0 && w >= 0 && h + UNDER <= HEIGHT && w + UNDER <= WIDTH &&
                 (h + UNDER - 1) * WIDTH * CHANNELS + w * CHANNELS + REACH <= HEIGHT * WIDTH * CHANNELS;
    int phase;
    lpdnn_s32 b;

    if (LAST_ACROSS < SPAN && map < COLUMN_END) {
        gather_edge(image, h, w, to, SPAN, LAST_ACROSS);
    } else if (LAST_DOWN < SPAN && map >= ROW_START) {
        gather_edge(image, h, w, to, LAST_DOWN, SPAN);
    } else if (inside) {
        fetch(from + (SPAN + MAP) * WIDE, WIDTH * CHANNELS, UNDER, MAP * WIDE);
        for (phase = 0; phase < STEP; phase++) {
            for (b = 0; b < BLOCKS; b++) {
                gather_block(from + phase * WIDTH * CHANNELS + b * VL, WIDTH * WIDE, WIDE, to, phase, b, SPAN,
                             SPAN);
            }
        }
    } else {
        gather_edge(image, h, w, to, SPAN, SPAN);
    }
}

APART void scatter_map(const float *from, const float *bias, float *y, const ending *whole, lpdnn_s32 map)
{
    place tile = place_of(map);
    lpdnn_s32 pixel = (tile.image * OUT_HEIGHT + tile.h) * OUT_WIDTH + tile.w;
    float *to = y + pixel * Y_PIXEL;
    lpdnn_s32 rows = OUT_HEIGHT - tile.h, columns = OUT_WIDTH - tile.w;
    lpdnn_s32 b;

    if (rows >= MAP && columns >= 2 * MAP) {
        fetch(to + MAP * Y_PIXEL, OUT_WIDTH * Y_PIXEL, MAP, MAP * Y_PIXEL);
    }
    for (b = 0; b < OUT_BLOCKS; b++) {
        vf term = BIAS ? load(bias + b * VL) : (vf){0};
        const float *values = from + b * VL;
        float *pixels = to + b * VL;
        int count = lanes(b, FILTERS);
        ending e = *whole;

        e.slope = FINAL_SLOPED ? e.slope + b * VL : 0;
        e.addend = FINAL_ADDED ? e.addend + pixel * FILTERS + b * VL : 0;
        if (LAST_ACROSS < SPAN && map < COLUMN_END) {
            scatter(values, pixels, term, e, SPAN, LAST_ACROSS, rows, columns, count);
        } else if (LAST_DOWN < SPAN && map >= ROW_START) {
            scatter(values, pixels, term, e, LAST_DOWN, SPAN, rows, columns, count);
        } else if (rows >= MAP && columns >= MAP && count == VL) {
            scatter(values, pixels, term, e, SPAN, SPAN, MAP, MAP, VL);
        } else {
            scatter(values, pixels, term, e, SPAN, SPAN, rows, columns, count);
        }
    }
}

/* The register tile of so many tiles. */
INLINE void multiply_tile(const float *x, const float *w, float *y, lpdnn_s32 depth, int columns, int vectors)
{
    vf acc[TILE_COLUMNS][PANEL];
    int j, v;

    UNROLL
    for (j = 0; j < columns; j++) {
        UNROLL
        for (v = 0; v < vectors; v++) {
            acc[j][v] = (vf){0};
        }
    }
    tile_run(acc, x, w, depth, 1, columns, vectors);
    UNROLL
    for (j = 0; j < columns; j++) {
        UNROLL
        for (v = 0; v < vectors; v++) {
            store(y + j * OUT_PIXEL + v * VL, acc[j][v]);
        }
    }
}

/* The same if that occurs; and those of up to three more. */
#define MULTIPLY(size)                                                                                       \
    if (TILE_SIZES >> (size)&1 && columns == (size)) {                                                       \
        multiply_tile(x, w, y, depth, size, vectors);                                                        \
    }
#define MULTIPLY_4(size) MULTIPLY(size) MULTIPLY((size) + 1) MULTIPLY((size) + 2) MULTIPLY((size) + 3)

/* One panel of filters at one position: x [maps][IN_PIXEL], w [depth][PANEL * VL], y [maps][OUT_PIXEL], in register tiles
   that differ by at most one. */
INLINE void multiply(const float *x, const float *w, float *y, lpdnn_s32 maps, lpdnn_s32 depth, int vectors)
{
    lpdnn_s32 left;

    for (left = (maps + TILE_COLUMNS - 1) / TILE_COLUMNS; left > 0; left--) {
        lpdnn_s32 columns = maps / left;

        MULTIPLY_4(1);
        MULTIPLY_4(5);
        MULTIPLY_4(9);
        MULTIPLY_4(13);
        MULTIPLY_4(17);
        MULTIPLY_4(21);
        x += columns * IN_PIXEL;
        y += columns * OUT_PIXEL;
        maps -= columns;
    }
}

/* Whether a span has the point at a position. */
INLINE int has(int span, lpdnn_s32 at)
{
    return at == SPAN - 1 || (at < ZERO(SPAN) ? ZERO(span) : (at - ZERO(SPAN)) / 2 < PAIRS(span));
}

/* Panel i of all: its filters at its position, x [SPAN * SPAN][IN_PLANE] and y of tiles from `first` to `end`,
   w [SPAN * SPAN][GROUPS * PANELS][depth there][PANEL * VL]. */
INLINE void multiply_panel(const float *x, const float *w, float *y, lpdnn_s32 i, lpdnn_s32 first,
                           lpdnn_s32 end)
{
    lpdnn_s32 at = i / (GROUPS * PANELS), g = i / PANELS % GROUPS, p = i % PANELS;
    lpdnn_s32 down = PHASES(at / SPAN), depth = DEPTH * down * PHASES(at % SPAN);
    lpdnn_s32 before = DEPTH * STEP * (at / SPAN * UNDER + at % SPAN * down); /* depth of all positions */
    lpdnn_s32 skipped = has(LAST_ACROSS, at % SPAN) || first >= COLUMN_END ? 0 : COLUMN_END - first;
    lpdnn_s32 stop = has(LAST_DOWN, at / SPAN) ? end : least(end, ROW_START);
    lpdnn_s32 maps = stop - first - skipped;
    const float *from = x + at * IN_PLANE + g * DEPTH + skipped * IN_PIXEL;
    float *to = y + at * OUT_PLANE + g * GROUP + p * PANEL * VL + skipped * OUT_PIXEL;

    w += ((lpdnn_size)before * GROUPS * PANELS + (lpdnn_size)(g * PANELS + p) * depth) * PANEL * VL;
    if (maps > 0 && (p < PANELS - 1 || LAST_VECTORS == PANEL)) {
        multiply(from, w, to, maps, depth, PANEL);
    } else if (maps > 0) {
        multiply(from, w, to, maps, depth, LAST_VECTORS);
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const ending e = {&s->activation, in[LPDNN_CONV2D_SLOPE] /* as bias */,
                      in[LPDNN_CONV2D_ADDEND] /* as y */};
    const float *x = in[LPDNN_CONV2D_X];              /* [N][H][W][C] */
    const float *w = in[LPDNN_CONV2D_WEIGHT];         /* as multiply_panel's */
    const float *bias = in[LPDNN_CONV2D_BIAS];        /* [OUT_BLOCKS][VL] or null */
    float *y = out[0];                                /* [N][OH][OW][M] */
    float *inputs = workspace;                        /* [SPAN * SPAN][IN_PLANE] */
    float *outputs = inputs + SPAN * SPAN * IN_PLANE; /* [SPAN * SPAN][OUT_PLANE] */
    lpdnn_s32 first, map, i;

    for (first = 0; first < MAPS; first += BAND) {
        lpdnn_s32 count = least(BAND, MAPS - first);

        for (map = LPDNN_SHARE_FIRST(count); map < LPDNN_SHARE_END(count); map++) {
            gather_map(x, first + map, inputs + map * IN_PIXEL);
        }
        LPDNN_SHARE_WAIT();
        for (i = LPDNN_SHARE_FIRST(ALL_PANELS); i < LPDNN_SHARE_END(ALL_PANELS); i++) {
            multiply_panel(inputs, w, outputs, i, first, first + count);
        }
        LPDNN_SHARE_WAIT();
        for (map = LPDNN_SHARE_FIRST(count); map < LPDNN_SHARE_END(count); map++) {
            scatter_map(outputs + map * OUT_PIXEL, bias, y, &e, first + map);
        }
    }
    return LPDNN_OK;
}
