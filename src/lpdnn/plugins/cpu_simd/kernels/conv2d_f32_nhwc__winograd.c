/* Convolution without stride in nhwc by Winograd's algorithm: tiles of MAP x MAP output pixels are transformed, multiplied with
   transformed weights, a matrix product for each of SPAN x SPAN positions, and transformed back.

   Constants besides those of winograd.h and conv_tile.h: BATCH, CHANNELS, HEIGHT, WIDTH, FILTERS, OUT_HEIGHT, OUT_WIDTH,
   GROUPS (of whole vectors of filters, if several), PAD_TOP, PAD_LEFT; MAPS_DOWN, MAPS_ACROSS: tiles of an image; BAND:
   tiles that are transformed together, in TILES_ACROSS register tiles of TILE_COLUMNS, of which only WIDE_TILES are full,
   the others one less; IN_PLANE, OUT_PLANE: floats of a band's transformed inputs, outputs, at one position; BIAS; FINAL:
   the layer's ACTIVATION. */
#include "conv_tile.h"
#include "winograd.h"

lpdnn_kernel LPDNN_KERNEL;

#define MAPS (BATCH * MAPS_DOWN * MAPS_ACROSS)
#define BLOCKS ((CHANNELS + VL - 1) / VL)
#define OUT_BLOCKS ((FILTERS + VL - 1) / VL)
#define GROUP (FILTERS / GROUPS)
#define PANELS ((GROUP + PANEL * VL - 1) / (PANEL * VL))
#define ALL_PANELS (SPAN * SPAN * GROUPS * PANELS)
#define LAST_VECTORS ((GROUP + VL - 1) / VL - (PANELS - 1) * PANEL)

/* Channels or filters of vector `block` of `count`. */
INLINE int lanes(lpdnn_s32 block, lpdnn_s32 count)
{
    return count % VL == 0 || (block + 1) * VL <= count ? VL : count % VL;
}

/* A vector of channels of SPAN x SPAN pixels to as many planes. What the first axis gives for a point, and for its negative,
   is used up at once, so that it stays in registers. row, pixel: floats from one to the next in x. */
INLINE void gather(const float *x, lpdnn_s32 row, lpdnn_s32 pixel, float *to)
{
    int pair, i, j, k;

    UNROLL
    for (pair = 0; pair <= PAIRS; pair++) {
        int first = pair < PAIRS ? ZERO + 2 * pair : SPAN - 1; /* after the pairs, infinity and 0 */
        int count = pair < PAIRS || ZERO ? 2 : 1;
        vf half[2][SPAN];

        UNROLL
        for (j = 0; j < SPAN; j++) {
            vf line[SPAN];

            UNROLL
            for (i = 0; i < SPAN; i++) {
                line[i] = load(x + i * row + j * pixel);
            }
            UNROLL
            for (k = 0; k < count; k++) {
                half[k][j] = transformed_input(line, (first + k) % SPAN);
            }
        }
        UNROLL
        for (k = 0; k < count; k++) {
            UNROLL
            for (j = 0; j < SPAN; j++) {
                store(to + ((first + k) % SPAN * SPAN + j) * IN_PLANE, transformed_input(half[k], j));
            }
        }
    }
}

/* The same where some pixels are beside x [HEIGHT][WIDTH][CHANNELS], or the vector is not full: h, w: the first pixel. */
INLINE void gather_edge(const float *x, lpdnn_s32 h, lpdnn_s32 w, float *to, int count)
{
    vf patch[SPAN][SPAN];
    int i, j;

    for (i = 0; i < SPAN; i++) {
        for (j = 0; j < SPAN; j++) {
            int there = h + i >= 0 && h + i < HEIGHT && w + j >= 0 && w + j < WIDTH;

            patch[i][j] = there ? load_part(x + ((h + i) * WIDTH + w + j) * CHANNELS, count) : (vf){0};
        }
    }
    gather((const float *)patch, SPAN * VL, VL, to);
}

/* from [SPAN][SPAN] planes; y: a vector of filters of the tile's first pixel, of which `rows` x `columns` are in the map. */
INLINE void scatter(const float *from, float *y, vf bias, const lpdnn_activation *f, lpdnn_s32 rows,
                    lpdnn_s32 columns, int count)
{
    int odd, i, j, k;

    /* Even rows are made of sums of the pairs, odd ones of their differences: half of them stays in registers. */
    UNROLL
    for (odd = 0; odd < 2; odd++) {
        vf half[(MAP + 1) / 2][SPAN];
        int half_rows = (MAP + 1 - odd) / 2;

        UNROLL
        for (j = 0; j < SPAN; j++) {
            vf line[SPAN], transformed[MAP];

            UNROLL
            for (i = 0; i < SPAN; i++) {
                line[i] = load(from + (i * SPAN + j) * OUT_PLANE);
            }
            transform_output(line, transformed);
            UNROLL
            for (k = 0; k < half_rows; k++) {
                half[k][j] = transformed[2 * k + odd];
            }
        }
        UNROLL
        for (k = 0; k < half_rows; k++) {
            vf pixels[MAP];

            transform_output(half[k], pixels);
            UNROLL
            for (j = 0; j < MAP; j++) {
                if (2 * k + odd < rows && j < columns) {
                    store_part(y + ((2 * k + odd) * OUT_WIDTH + j) * FILTERS,
                               activate(FINAL, f, pixels[j] + bias), count);
                }
            }
        }
    }
}

/* Transformed inputs [SPAN * SPAN][IN_PLANE] of tile `map`, the one at `to` in each plane. */
APART void gather_map(const float *x, lpdnn_s32 map, float *to)
{
    lpdnn_s32 h = map / MAPS_ACROSS % MAPS_DOWN * MAP - PAD_TOP;
    lpdnn_s32 w = map % MAPS_ACROSS * MAP - PAD_LEFT;
    const float *image = x + map / (MAPS_DOWN * MAPS_ACROSS) * HEIGHT * WIDTH * CHANNELS;
    int inside = h >= 0 && w >= 0 && h + SPAN <= HEIGHT && w + SPAN <= WIDTH;
    lpdnn_s32 b, i, j;

    if (inside) { /* what the tile after the next has beside it: memory is far, and all of it in the first level too much */
        for (i = 0; i < SPAN; i++) {
            for (j = 0; j < MAP * CHANNELS; j += LINE) {
                __builtin_prefetch(image + ((h + i) * WIDTH + w + SPAN + MAP) * CHANNELS + j, 0, 2);
            }
        }
    }
    for (b = 0; b < BLOCKS; b++) {
        if (inside && lanes(b, CHANNELS) == VL) {
            gather(image + (h * WIDTH + w) * CHANNELS + b * VL, WIDTH * CHANNELS, CHANNELS, to + b * VL);
        } else {
            gather_edge(image + b * VL, h, w, to + b * VL, lanes(b, CHANNELS));
        }
    }
}

APART void scatter_map(const float *from, const float *bias, float *y, const lpdnn_activation *f,
                       lpdnn_s32 map)
{
    lpdnn_s32 h = map / MAPS_ACROSS % MAPS_DOWN * MAP;
    lpdnn_s32 w = map % MAPS_ACROSS * MAP;
    float *image = y + map / (MAPS_DOWN * MAPS_ACROSS) * OUT_HEIGHT * OUT_WIDTH * FILTERS;
    float *to = image + (h * OUT_WIDTH + w) * FILTERS;
    lpdnn_s32 rows = OUT_HEIGHT - h, columns = OUT_WIDTH - w;
    lpdnn_s32 b;

    for (b = 0; b < OUT_BLOCKS; b++) {
        vf term = BIAS ? load(bias + b * VL) : (vf){0};

        if (rows >= MAP && columns >= MAP && lanes(b, FILTERS) == VL) {
            scatter(from + b * VL, to + b * VL, term, f, MAP, MAP, VL);
        } else {
            scatter(from + b * VL, to + b * VL, term, f, rows < MAP ? rows : MAP,
                    columns < MAP ? columns : MAP, lanes(b, FILTERS));
        }
    }
}

/* One panel of filters at one position: x [BAND][IN_PIXEL], w [DEPTH][PANEL * VL], y [BAND][OUT_PIXEL]. */
INLINE void multiply(const float *x, const float *w, float *y, int vectors)
{
    lpdnn_s32 i;

    for (i = 0; i < WIDE_TILES; i++, x += TILE_COLUMNS * IN_PIXEL, y += TILE_COLUMNS * OUT_PIXEL) {
        tile(x, w, 0, y, 0, 1, TILE_COLUMNS, vectors, VL);
    }
    for (; i < TILES_ACROSS; i++, x += (TILE_COLUMNS - 1) * IN_PIXEL, y += (TILE_COLUMNS - 1) * OUT_PIXEL) {
        tile(x, w, 0, y, 0, 1, TILE_COLUMNS - 1, vectors, VL);
    }
}

/* Panel i of all: its filters at its position, x [SPAN * SPAN][IN_PLANE], w [DEPTH][PANEL * VL]. */
INLINE void multiply_panel(const float *x, const float *w, float *y, lpdnn_s32 i)
{
    lpdnn_s32 position = i / (GROUPS * PANELS), g = i / PANELS % GROUPS, p = i % PANELS;
    const float *from = x + position * IN_PLANE + g * DEPTH;
    float *to = y + position * OUT_PLANE + g * GROUP + p * PANEL * VL;

    if (p < PANELS - 1 || LAST_VECTORS == PANEL) {
        multiply(from, w, to, PANEL);
    } else {
        multiply(from, w, to, LAST_VECTORS);
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_X];              /* [N][H][W][C] */
    const float *w = in[LPDNN_CONV2D_WEIGHT];         /* [SPAN * SPAN][GROUPS][PANELS][DEPTH][PANEL * VL] */
    const float *bias = in[LPDNN_CONV2D_BIAS];        /* [OUT_BLOCKS][VL] or null */
    float *y = out[0];                                /* [N][OH][OW][M] */
    float *inputs = workspace;                        /* [SPAN * SPAN][IN_PLANE] */
    float *outputs = inputs + SPAN * SPAN * IN_PLANE; /* [SPAN * SPAN][OUT_PLANE] */
    lpdnn_s32 band, map, i;

    for (band = 0; band < MAPS; band += BAND) {
        lpdnn_s32 first = least(band, MAPS - BAND); /* the last band repeats some of the one before */

        for (map = LPDNN_SHARE_FIRST(BAND); map < LPDNN_SHARE_END(BAND); map++) {
            gather_map(x, first + map, inputs + map * IN_PIXEL);
        }
        LPDNN_SHARE_WAIT();
        for (i = LPDNN_SHARE_FIRST(ALL_PANELS); i < LPDNN_SHARE_END(ALL_PANELS); i++) {
            multiply_panel(inputs, w + (lpdnn_size)i * DEPTH * PANEL * VL, outputs, i);
        }
        LPDNN_SHARE_WAIT();
        for (map = LPDNN_SHARE_FIRST(BAND); map < LPDNN_SHARE_END(BAND); map++) {
            scatter_map(outputs + map * OUT_PIXEL, bias, y, &s->activation, first + map);
        }
    }
    return LPDNN_OK;
}
