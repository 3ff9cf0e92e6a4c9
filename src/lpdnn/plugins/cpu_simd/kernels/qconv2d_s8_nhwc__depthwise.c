/* Depthwise convolution of s8 or u8 in nhwc: LANE rows of a column of the image are interleaved, so that one instruction
   multiplies LANE taps of VL channels. Two rows of outputs share what is interleaved: their filters are the same taps one
   row apart. 4 vectors of sums, 4 * VL channels, are a block; the last one overlaps the one before.

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
#define LANES ((ROWS + LANE - 1) / LANE)
#define COLUMNS_UNDER(columns) (((columns)-1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1)
#define BLOCK_WEIGHTS (TILE_ROWS * KERNEL_W * LANES * LANE * BLOCK)
#define BESIDE                                                                                               \
    (LANE == 4 ? ((X_ZERO + OFFSET) & 0xff) * 0x01010101 : (lpdnn_s32)((X_ZERO & 0xffff) * 0x00010001u))

/* A block of channels: its filters for each row of outputs, and how its sums become results. */
typedef struct {
    const weight *weights;    /* [TILE_ROWS][KERNEL_W][LANES][4][VL][LANE] */
    const lpdnn_s32 *bias;    /* [4][VL] */
    const lpdnn_s32 *doubles; /* [4][2 * VL]; BY_ONES: multipliers and shifts, [2][4 * VL] */
    const lpdnn_s32 *floats;  /* [4][VL] */
} block;

INLINE vb bytes_of(const byte *x)
{
    vb v = {0};

    __builtin_memcpy(&v, x, PRESENT);
    return OFFSET ? v ^ 0x80 : v;
}

#if LANE == 4
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

/* Where a channel of a block is among its sums, and its bytes in their order. */
#define PLACE(channel) ((channel) / 4 % 4 * VL + (channel) / 16 * 4 + (channel) % 4)
#define ORDERED(bytes) (bytes)
#else
/* column[i]: the i-th 8 channels, each with its 2 rows */
INLINE void interleave(vi column[4], const byte *const *row, lpdnn_s32 at)
{
    union {
        vb bytes;
        __m128i half[2];
    } a = {bytes_of(row[0] + at)}, b = {bytes_of(row[1] + at)};
    int i;

    UNROLL
    for (i = 0; i < 2; i++) {
        __m128i low = _mm_unpacklo_epi8(a.half[i], b.half[i]), high = _mm_unpackhi_epi8(a.half[i], b.half[i]);

        column[2 * i] = (vi)(UNSIGNED ? _mm256_cvtepu8_epi16(low) : _mm256_cvtepi8_epi16(low));
        column[2 * i + 1] = (vi)(UNSIGNED ? _mm256_cvtepu8_epi16(high) : _mm256_cvtepi8_epi16(high));
    }
}

#define PLACE(channel) (channel)
#define ORDERED(bytes) in_order(bytes)
#endif

static __attribute__((noinline)) void store_ones(const lpdnn_s32 *sums, const lpdnn_s32 *factors, byte *y)
{
    lpdnn_s32 i;

    for (i = 0; i < PRESENT; i++) {
        y[i] = by_one(sums[PLACE(i)], factors[PLACE(i)], factors[BLOCK + PLACE(i)]);
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
    bytes = ORDERED(four_clamped(result[0], result[1], result[2], result[3]));
    __builtin_memcpy(y, &bytes, PRESENT);
}

/* One pixel of outputs, in row i of the tile; column: [KERNEL_W * DILATION_W][LANES][4], the first under its first tap. */
INLINE void pixel(const vi (*column)[LANES][4], const block *f, byte *y, int i, int method)
{
    vi sums[4];
    int kw, lane, v;

    UNROLL
    for (v = 0; v < 4; v++) {
        sums[v] = load_vi(f->bias + v * VL);
        UNROLL
        for (kw = 0; kw < KERNEL_W; kw++) {
            UNROLL
            for (lane = 0; lane < LANES; lane++) {
                sums[v] =
                    dot(sums[v], column[kw * DILATION_W][lane][v],
                        load_vi(f->weights + (((i * KERNEL_W + kw) * LANES + lane) * 4 + v) * VL * LANE));
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
    vi column[COLUMNS_UNDER(TILE_COLUMNS)][LANES][4];
    int i, j, lane, v;

    UNROLL
    for (j = 0; j < COLUMNS_UNDER(columns); j++) {
        lpdnn_s32 at = first * STRIDE_W - PAD_LEFT + j;
        int done = j - (KERNEL_W - 1) * DILATION_W;

        UNROLL
        for (lane = 0; lane < LANES; lane++) {
            if (!edge || (at >= 0 && at < WIDTH)) {
                interleave(column[j][lane], x + lane * LANE, at * CHANNELS);
            } else {
                UNROLL
                for (v = 0; v < 4; v++) {
                    column[j][lane][v] = splat_vi(BESIDE);
                }
            }
        }
        if (done >= 0 && done % STRIDE_W == 0) {
            UNROLL
            for (i = 0; i < rows; i++) {
                pixel((const vi(*)[LANES][4])(column + done), f,
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
        block f = {(const weight *)in[LPDNN_QCONV2D_WEIGHT] + b * BLOCK_WEIGHTS, rest,
                   (const lpdnn_s32 *)in[LPDNN_QCONV2D_MULTIPLIER] + b * 2 * BLOCK, rest + BLOCK};
        byte *to = y + first * OUT_WIDTH * CHANNELS + channel;
        const byte *row[LANES * LANE];

        for (i = 0; i < LANES * LANE; i++) { /* of rows beyond the last, weights are 0 */
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
