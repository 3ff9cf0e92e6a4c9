/* AMX: eight registers of tiles, of at most 16 rows of 64 bytes. Rows and bytes of each are configured first.

   With LPDNN_TILES_IN_C they are memory, and the instructions plain C (tile_in_c.h): for tests on CPUs without them. */
#ifndef TILE_H
#define TILE_H

#include "tiles_allowed.h"

#include "lpdnn_dtypes.h"

#define TILE_BYTES 64 /* of a row, at most */
#define TILE_ROWS_AT_MOST 16

/* What LDTILECFG reads: zeros where nothing is said. */
typedef struct {
    lpdnn_u8 palette; /* 1 */
    lpdnn_u8 start_row;
    lpdnn_u8 reserved[14];
    lpdnn_u16 row_bytes[16];
    lpdnn_u8 rows[16];
} tile_shapes;

#ifdef LPDNN_TILES_IN_C
#include "tile_in_c.h"
#else
/* Registers are named by literals, so these are macros. They are assembler, not intrinsics: those of GCC 12 do not tell
   the compiler that a tile is loaded from memory. */
#define TILES_BEGIN(shapes) __asm__ volatile("ldtilecfg %0" : : "m"(*(shapes)))
#define TILES_END() __asm__ volatile("tilerelease")
#define TILE_ZERO(tile) __asm__ volatile("tilezero %%tmm" #tile : :)
#define TILE_LOAD(tile, from, step)                                                                          \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile : : TILE_MEMORY(from, step) : "memory")
#define TILE_STORE(tile, to, step)                                                                           \
    __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" : : TILE_MEMORY(to, step) : "memory")
#define TILE_MEMORY(at, step) "r"(at), "r"((lpdnn_size)(step)) /* rows so many bytes apart */
/* sums [rows][n] += a [rows][k] * b [k / 4][n][4]: products of bytes, b's with a sign, and sums of 32 bits. */
#define TILE_DOT_SIGNED(sums, a, b) __asm__ volatile("tdpbssd %%tmm" #b ", %%tmm" #a ", %%tmm" #sums : :)
#define TILE_DOT_UNSIGNED(sums, a, b) __asm__ volatile("tdpbusd %%tmm" #b ", %%tmm" #a ", %%tmm" #sums : :)
#endif

#endif
