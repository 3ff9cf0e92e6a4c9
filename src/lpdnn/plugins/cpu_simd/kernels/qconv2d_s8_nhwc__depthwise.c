/* Depthwise convolution of s8 or u8 in nhwc, on VNNI: 4 rows of a column of the image are interleaved, so that one
   instruction multiplies 4 taps of VL channels. Two rows of outputs share what is interleaved: their filters are the same
   taps one row apart. 4 vectors of sums, 4 * VL channels, are a block; the last one overlaps the one before.

   Beside x is X_ZERO: rows of it are read from the workspace, columns are constants, for only the first and the last tile
   of a row can have any.

   Constants: those of int8.h; BATCH, CHANNELS, HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH; KERNEL_H, KERNEL_W, STRIDE_H,
   STRIDE_W, DILATION_H, DILATION_W, PAD_TOP, PAD_LEFT; TILE_ROWS (2 only without stride and dilation), TILE_COLUMNS: the
   largest tile, WIDE_TILES of which there are across, the others being one less, TILES_ACROSS in all; X_ZERO. */
#include "int8.h"

#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qconv2d_s8_nhwc__depthwise
#endif

lpdnn_kernel LPDNN_KERNEL;

#define BLOCK (4 * VL)
#define BLOCKS ((CHANNELS + BLOCK - 1) / BLOCK)
#define PRESENT (CHANNELS < BLOCK ? CHANNELS : BLOCK)
#define ROWS (KERNEL_H + TILE_ROWS - 1)
#define QUADS ((ROWS + 3) / 4)
#define COLUMNS_UNDER(columns) (((columns)-1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1)
#define BLOCK_WEIGHTS (TILE_ROWS * KERNEL_W * QUADS * 4 * BLOCK)
#define BESIDE ((X_ZERO + OFFSET) & 0xff)

/* A block of channels: its filters for each row of outputs, and how its sums become results. */
typedef struct {
    const lpdnn_s8 *weights;  /* [TILE_ROWS][KERNEL_W][QUADS][4][VL][4] */
    const lpdnn_s32 *bias;    /* [4][VL] */
    const lpdnn_s32 *doubles; /* [4][2 * VL]; BY_ONES: multipliers and shifts, [2][4 * VL] */
    const lpdnn_s32 *floats;  /* [4][VL] */
} block;

INLINE vb bytes_of(const byte *x)
{
    vb v = {0};

    __builtin_memcpy(&v, x, PRESENT);
    return UNSIGNED ? v : v ^ 0x80;
}

/* column[i]: of every 16 channels the i-th 4, each with its 4 rows */
INLINE void interleave(vi column[4], const byte *const *row, lpdnn_s32 at)
{
    wide a = (wide)bytes_of(row[0] + at), b = (wide)bytes_of(row[1] + at);
    wide c = (wide)bytes_of(row[2] + at), d = (wide)bytes_of(row[3] + at);
    wide low = WIDE(unpacklo_epi8)(a, b), high = WIDE(unpackhi_epi8)(a, b);
    wide next_low = WIDE(unpacklo_epi8)(c, d), next_high = WIDE(unpackhi_epi8)(c, d);

    column[0] = (vi)WIDE(unpacklo_epi16)(low, next_low);
    column[1] = (vi)WIDE(unpackhi_epi16)(low, next_low);
    column[2] = (vi)WIDE(unpacklo_epi16)(high, next_high);
    column[3] = (vi)WIDE(unpackhi_epi16)(high, next_high);
}

static __attribute__((noinline)) void store_ones(const lpdnn_s32 *sums, const lpdnn_s32 *factors, byte *y)
{
    lpdnn_s32 i;

    for (i = 0; i < PRESENT; i++) {
        lpdnn_s32 at = i / 4 % 4 * VL + i / 16 * 4 + i % 4;

        y[i] = by_one(sums[at], factors[at], factors[BLOCK + at]);
    }
}

INLINE void store_block(vi sums[4], const block *f, byte *y, int method)
{
    vi result[4];
    vb bytes;
    int v;

    if (method == BY_ONES) {
        store_ones((const lpdnn_s32 *)sums, f->doubles, y);
        return;
    }
    UNROLL
    for (v = 0; v < 4; v++) {
        result[v] = method == BY_FLOATS ? by_floats(sums[v], f->floats + v * VL)
                                        : by_doubles(sums[v], f->doubles + v * 2 * VL);
    }
    bytes = four_clamped(result[0], result[1], result[2], result[3]);
    __builtin_memcpy(y, &bytes, PRESENT);
}

/* One pixel of outputs, in row i of the tile; column: [KERNEL_W * DILATION_W][QUADS][4], the first under its first tap. */
INLINE void pixel(const vi (*column)[QUADS][4], const block *f, byte *y, int i, int method)
{
    vi sums[4];
    int kw, quad, v;

    UNROLL
    for (v = 0; v < 4; v++) {
        sums[v] = load_vi(f->bias + v * VL);
        UNROLL
        for (kw = 0; kw < KERNEL_W; kw++) {
            UNROLL
            for (quad = 0; quad < QUADS; quad++) {
                sums[v] = dot(sums[v], column[kw * DILATION_W][quad][v],
                              load_vi(f->weights + (((i * KERNEL_W + kw) * QUADS + quad) * 4 + v) * BLOCK));
            }
        }
    }
    store_block(sums, f, y, method);
}

/* x: for each row under the tile, its first pixel; first: the tile's first output column, a constant where `edge` says
   that some of its columns may fall beside x; y: the tile's first pixel. */
INLINE void tile(const byte *const *x, const block *f, byte *y, lpdnn_s32 first, int rows, int columns,
                 int edge, int method)
{
    vi column[COLUMNS_UNDER(TILE_COLUMNS)][QUADS][4];
    int i, j, quad, v;

    UNROLL
    for (j = 0; j < COLUMNS_UNDER(columns); j++) {
        lpdnn_s32 at = first * STRIDE_W - PAD_LEFT + j;
        int done = j - (KERNEL_W - 1) * DILATION_W;

        UNROLL
        for (quad = 0; quad < QUADS; quad++) {
            if (!edge || (at >= 0 && at < WIDTH)) {
                interleave(column[j][quad], x + quad * 4, at * CHANNELS);
            } else {
                UNROLL
                for (v = 0; v < 4; v++) {
                    column[j][quad][v] = splat_vi(BESIDE * 0x01010101);
                }
            }
        }
        if (done >= 0 && done % STRIDE_W == 0) {
            UNROLL
            for (i = 0; i < rows; i++) {
                pixel((const vi(*)[QUADS][4])(column + done), f,
                      y + (i * OUT_WIDTH + done / STRIDE_W) * CHANNELS, i, method);
            }
        }
    }
}

/* A row of tiles for one block; y: the row's first pixel. */
INLINE void tile_row(const byte *const *x, const block *f, byte *y, int rows, int method)
{
    const int last = TILES_ACROSS == WIDE_TILES ? TILE_COLUMNS : TILE_COLUMNS - 1;
    lpdnn_s32 column = TILE_COLUMNS;
    int i;

    tile(x, f, y, 0, rows, TILE_COLUMNS, 1, method);
    for (i = 1; i < least(WIDE_TILES, TILES_ACROSS - 1); i++, column += TILE_COLUMNS) {
        tile(x, f, y + column * CHANNELS, column, rows, TILE_COLUMNS, 0, method);
    }
    for (; i < TILES_ACROSS - 1; i++, column += TILE_COLUMNS - 1) {
        tile(x, f, y + column * CHANNELS, column, rows, TILE_COLUMNS - 1, 0, method);
    }
    if (TILES_ACROSS > 1) {
        tile(x, f, y + (OUT_WIDTH - last) * CHANNELS, OUT_WIDTH - last, rows, last, 1, method);
    }
}

/* One row of tiles, all channels: output rows from `first` on. */
INLINE void all_channels(const void *const *in, const byte *x, const byte *beside, byte *y, lpdnn_s32 first,
                         int rows)
{
    lpdnn_s32 b, i;

    for (b = 0; b < BLOCKS; b++) {
        lpdnn_s32 channel = CHANNELS < BLOCK ? 0 : least(b * BLOCK, CHANNELS - BLOCK);
        const lpdnn_s32 *rest = (const lpdnn_s32 *)in[LPDNN_QCONV2D_SHIFT] + b * 2 * BLOCK;
        block f = {(const lpdnn_s8 *)in[LPDNN_QCONV2D_WEIGHT] + b * BLOCK_WEIGHTS, rest,
                   (const lpdnn_s32 *)in[LPDNN_QCONV2D_MULTIPLIER] + b * 2 * BLOCK, rest + BLOCK};
        byte *to = y + first * OUT_WIDTH * CHANNELS + channel;
        const byte *row[QUADS * 4];

        for (i = 0; i < QUADS * 4; i++) { /* of rows beyond the last, weights are 0 */
            lpdnn_s32 h = first * STRIDE_H - PAD_TOP + least(i, KERNEL_H + rows - 2) * DILATION_H;

            row[i] = h < 0 || h >= HEIGHT ? beside : x + h * WIDTH * CHANNELS + channel;
        }
        switch (method_of(f.floats)) {
        case BY_FLOATS:
            tile_row(row, &f, to, rows, BY_FLOATS);
            break;
        case BY_DOUBLES:
            tile_row(row, &f, to, rows, BY_DOUBLES);
            break;
        default:
            tile_row(row, &f, to, rows, BY_ONES);
            break;
        }
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const byte *x = in[LPDNN_QCONV2D_X]; /* [N][H][W][C] */
    byte *y = out[0];                    /* [N][OH][OW][C] */
    lpdnn_s32 n, row;

    (void)spec;
    __builtin_memset(workspace, X_ZERO, WIDTH * CHANNELS);
    for (n = 0; n < BATCH; n++) {
        for (row = 0; row + TILE_ROWS <= OUT_HEIGHT; row += TILE_ROWS) {
            all_channels(in, x, workspace, y, row, TILE_ROWS);
        }
        if (row < OUT_HEIGHT) {
            all_channels(in, x, workspace, y, row, 1);
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * CHANNELS;
    }
    return LPDNN_OK;
}
