/* Products of tiles by tile_in_c.h: reads rows, bytes of a row and whether the first is signed from the command line, a
   tile of 16 rows of 64 bytes, one of 16 rows of 64 bytes, and sums of 16 rows from its input; writes the sums. With more
   words, it does what the manual forbids. */
#define LPDNN_TILES_IN_C
#include "tile.h"

#include <stdio.h>
#include <stdlib.h>

static lpdnn_u8 a[16][64], b[16][64], sums[16][64];

int main(int count, char **words)
{
    tile_shapes shapes = {.palette = 1};
    int rows = atoi(words[1]), bytes = atoi(words[2]), is_signed = atoi(words[3]);
    int wrong = count > 4 ? *words[4] : 0;

    if (fread(a, 1, sizeof(a), stdin) + fread(b, 1, sizeof(b), stdin) + fread(sums, 1, sizeof(sums), stdin) !=
        3 * sizeof(a)) {
        return 1;
    }
    shapes.rows[0] = shapes.rows[1] = (lpdnn_u8)rows;
    shapes.row_bytes[0] = shapes.row_bytes[2] = 64;
    shapes.row_bytes[1] = (lpdnn_u16)bytes;
    shapes.rows[2] = (lpdnn_u8)(bytes / 4 + (wrong == 'k'));
    shapes.palette = wrong == 'p' ? 2 : 1;
    shapes.reserved[3] = wrong == 'r';
    if (wrong != 'n') {
        TILES_BEGIN(&shapes);
    }
    TILE_LOAD(0, sums, 64);
    TILE_LOAD(1, a, 64);
    TILE_LOAD(2, b, 64);
    if (wrong == 's') {
        TILE_DOT_SIGNED(0, 1, 1);
    }
    if (wrong == 'z') {
        TILE_ZERO(3);
    }
    if (is_signed) {
        TILE_DOT_SIGNED(0, 1, 2);
    } else {
        TILE_DOT_UNSIGNED(0, 1, 2);
    }
    TILE_STORE(0, sums, 64);
    TILES_END();
    if (wrong == 'e') {
        TILE_STORE(0, sums, 64);
    }
    fwrite(sums, 1, sizeof(sums), stdout);
    return 0;
}
