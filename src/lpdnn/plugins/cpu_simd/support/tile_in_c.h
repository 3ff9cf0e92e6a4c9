/* The instructions of tile.h in plain C, by the operations that Intel's Software Developer's Manual gives for LDTILECFG,
   TILEZERO, TILELOADD, TILESTORED, TDPBSSD and TDPBUSD. What would raise an exception there ends the program here. */
#ifndef TILE_IN_C_H
#define TILE_IN_C_H

typedef struct {
    lpdnn_s32 rows, row_bytes;
    lpdnn_u8 bytes[TILE_ROWS_AT_MOST][TILE_BYTES];
} tile_in_c;

static __thread struct {
    int configured;
    tile_in_c tiles[8];
} tiles_in_c;

static void tile_must(int condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

static tile_in_c *tile_at(int tile)
{
    tile_in_c *found = &tiles_in_c.tiles[tile];

    tile_must(tiles_in_c.configured && found->rows && found->row_bytes);
    return found;
}

static void tiles_begin(const tile_shapes *shapes)
{
    int i;

    tile_must(shapes->palette == 1 && shapes->start_row == 0);
    for (i = 0; i < 14; i++) {
        tile_must(shapes->reserved[i] == 0);
    }
    __builtin_memset(&tiles_in_c, 0, sizeof(tiles_in_c));
    for (i = 0; i < 16; i++) {
        lpdnn_s32 rows = shapes->rows[i], row_bytes = shapes->row_bytes[i];

        tile_must(rows <= TILE_ROWS_AT_MOST && row_bytes <= TILE_BYTES && !rows == !row_bytes);
        tile_must(i < 8 || !rows);
        if (i < 8) {
            tiles_in_c.tiles[i].rows = rows;
            tiles_in_c.tiles[i].row_bytes = row_bytes;
        }
    }
    tiles_in_c.configured = 1;
}

static void tiles_end(void)
{
    __builtin_memset(&tiles_in_c, 0, sizeof(tiles_in_c));
}

static void tile_zero(int tile)
{
    __builtin_memset(tile_at(tile)->bytes, 0, TILE_ROWS_AT_MOST * TILE_BYTES);
}

static void tile_load(int tile, const void *from, lpdnn_size stride)
{
    tile_in_c *to = tile_at(tile);
    lpdnn_s32 row;

    tile_zero(tile);
    for (row = 0; row < to->rows; row++) {
        __builtin_memcpy(to->bytes[row], (const lpdnn_u8 *)from + (lpdnn_size)row * stride,
                         (lpdnn_size)to->row_bytes);
    }
}

static void tile_store(int tile, void *to, lpdnn_size stride)
{
    const tile_in_c *from = tile_at(tile);
    lpdnn_s32 row;

    for (row = 0; row < from->rows; row++) {
        __builtin_memcpy((lpdnn_u8 *)to + (lpdnn_size)row * stride, from->bytes[row],
                         (lpdnn_size)from->row_bytes);
    }
}

static void tile_dot(int sums, int a, int b, int is_signed)
{
    tile_in_c *c = tile_at(sums);
    const tile_in_c *x = tile_at(a), *w = tile_at(b);
    lpdnn_s32 m, k, n, i;

    tile_must(sums != a && sums != b && a != b);
    tile_must(x->rows == c->rows && w->row_bytes == c->row_bytes && x->row_bytes == 4 * w->rows &&
              c->row_bytes % 4 == 0);
    for (m = 0; m < c->rows; m++) {
        lpdnn_u32 row[TILE_BYTES / 4];

        __builtin_memcpy(row, c->bytes[m], TILE_BYTES);
        for (k = 0; k < x->row_bytes / 4; k++) {
            for (n = 0; n < c->row_bytes / 4; n++) {
                for (i = 0; i < 4; i++) {
                    lpdnn_u8 byte = x->bytes[m][4 * k + i];
                    lpdnn_s32 factor = is_signed ? (lpdnn_s8)byte : byte;

                    row[n] += (lpdnn_u32)(factor * (lpdnn_s8)w->bytes[k][4 * n + i]);
                }
            }
        }
        __builtin_memcpy(c->bytes[m], row, (lpdnn_size)c->row_bytes);
    }
}

#define TILES_BEGIN(shapes) tiles_begin(shapes)
#define TILES_END() tiles_end()
#define TILE_ZERO(tile) tile_zero(tile)
#define TILE_LOAD(tile, from, stride) tile_load(tile, from, (lpdnn_size)(stride))
#define TILE_STORE(tile, to, stride) tile_store(tile, to, (lpdnn_size)(stride))
#define TILE_DOT_SIGNED(sums, a, b) tile_dot(sums, a, b, 1)
#define TILE_DOT_UNSIGNED(sums, a, b) tile_dot(sums, a, b, 0)

#endif
