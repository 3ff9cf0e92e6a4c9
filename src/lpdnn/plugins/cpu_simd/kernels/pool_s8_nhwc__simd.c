/* Largest value of each window, of s8 or u8, a vector of channels at a time; see pool_f32_nhwc__simd.c.

   Constants: those of int8.h; BATCH, CHANNELS, HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH, KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W,
   PAD_TOP, PAD_LEFT. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_pool_s8_nhwc__simd
#endif
#include "int8.h"

lpdnn_kernel LPDNN_KERNEL;

#define BLOCK (4 * VL)
#define BLOCKS ((CHANNELS + BLOCK - 1) / BLOCK)
#define PRESENT (CHANNELS < BLOCK ? CHANNELS : BLOCK)

INLINE vb bytes_of(const byte *x)
{
    vb v = {0};

    __builtin_memcpy(&v, x, PRESENT);
    return v;
}

INLINE vb larger_bytes(vb a, vb b)
{
#if UNSIGNED
    return (vb)WIDE(max_epu8)((wide)a, (wide)b);
#else
    return (vb)WIDE(max_epi8)((wide)a, (wide)b);
#endif
}

/* Of a window [rows][columns] of pixels. */
INLINE void largest(const byte *x, byte *y, lpdnn_s32 rows, lpdnn_s32 columns)
{
    vb most = bytes_of(x);
    lpdnn_s32 h, w;

    for (h = 0; h < rows; h++) {
        for (w = 0; w < columns; w++) {
            most = larger_bytes(most, bytes_of(x + (h * WIDTH + w) * CHANNELS));
        }
    }
    __builtin_memcpy(y, &most, PRESENT);
}

/* All channels of the window that starts at row h and column w, which may lie in the padding. */
INLINE void pixel(const byte *x, byte *y, lpdnn_s32 h, lpdnn_s32 w)
{
    lpdnn_s32 first_h = h > 0 ? h : 0, first_w = w > 0 ? w : 0;
    lpdnn_s32 rows = least(h + KERNEL_H, HEIGHT) - first_h;
    lpdnn_s32 columns = least(w + KERNEL_W, WIDTH) - first_w;
    const byte *window = x + (first_h * WIDTH + first_w) * CHANNELS;
    lpdnn_s32 b;

    for (b = 0; b < BLOCKS; b++) {
        lpdnn_s32 c = CHANNELS < BLOCK ? 0 : least(b * BLOCK, CHANNELS - BLOCK);

        if (rows == KERNEL_H && columns == KERNEL_W) {
            largest(window + c, y + c, KERNEL_H, KERNEL_W);
        } else {
            largest(window + c, y + c, rows, columns);
        }
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const byte *x = in[LPDNN_POOL_X]; /* [N][H][W][C] */
    byte *y = out[0];                 /* [N][OH][OW][C] */
    lpdnn_s32 n, oh, ow;

    (void)spec;
    (void)workspace;
    for (n = 0; n < BATCH; n++) {
        for (oh = 0; oh < OUT_HEIGHT; oh++) {
            for (ow = 0; ow < OUT_WIDTH; ow++) {
                pixel(x, y, oh * STRIDE_H - PAD_TOP, ow * STRIDE_W - PAD_LEFT);
                y += CHANNELS;
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
    }
    return LPDNN_OK;
}
