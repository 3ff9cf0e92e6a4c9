/* Whether the instructions of tile.h may be used. */
#ifndef TILES_ALLOWED_H
#define TILES_ALLOWED_H

/* 1 where the CPU has them, the system saves their registers, and Linux, which is asked once, lets this process; else 0. */
int lpdnn_tiles_allowed(void);

#endif
