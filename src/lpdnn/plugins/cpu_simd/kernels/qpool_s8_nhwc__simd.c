/* Mean of each window of s8 or u8: sums a vector of channels at a time, their means one by one.

   Constants: those of int8.h; X_ZERO; MULTIPLIER, SHIFT, LEFT; BATCH, CHANNELS, HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH,
   KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W, PAD_TOP, PAD_LEFT, PAD_BOTTOM, PAD_RIGHT; COUNT_PADDING. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qpool_s8_nhwc__simd
#endif
#include "int8.h"

lpdnn_kernel LPDNN_KERNEL;

#define BLOCKS ((CHANNELS + VL - 1) / VL)
#define PRESENT (CHANNELS < VL ? CHANNELS : VL)

/* The result of a sum over `count` values. */
INLINE byte mean(lpdnn_s32 sum, lpdnn_s32 count)
{
    lpdnn_u32 size = (lpdnn_u32)(sum < 0 ? -sum : sum) << LEFT;
    lpdnn_s32 whole = (lpdnn_s32)((size + (lpdnn_u32)count / 2) / (lpdnn_u32)count);

    return by_one(sum < 0 ? -whole : whole, MULTIPLIER, SHIFT);
}

/* All channels of the window that starts at row h and column w, which may lie in the padding. */
INLINE void pixel(const byte *x, byte *y, lpdnn_s32 h, lpdnn_s32 w)
{
    lpdnn_s32 first_h = h > 0 ? h : 0, first_w = w > 0 ? w : 0;
    lpdnn_s32 rows = least(h + KERNEL_H, HEIGHT) - first_h;
    lpdnn_s32 columns = least(w + KERNEL_W, WIDTH) - first_w;
    lpdnn_s32 count = COUNT_PADDING ? (least(h + KERNEL_H, HEIGHT + PAD_BOTTOM) - h) *
                                          (least(w + KERNEL_W, WIDTH + PAD_RIGHT) - w)
                                    : rows * columns;
    const byte *window = x + (first_h * WIDTH + first_w) * CHANNELS;
    lpdnn_s32 b, i, j;

    for (b = 0; b < BLOCKS; b++) {
        lpdnn_s32 c = CHANNELS < VL ? 0 : least(b * VL, CHANNELS - VL);
        vi sum = splat_vi(-rows * columns * X_ZERO);

        for (i = 0; i < rows; i++) {
            for (j = 0; j < columns; j++) {
                sum += widened(window + (i * WIDTH + j) * CHANNELS + c, PRESENT, UNSIGNED);
            }
        }
        for (i = 0; i < PRESENT; i++) {
            y[c + i] = mean(sum[i], count);
        }
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const byte *x = in[LPDNN_QPOOL_X]; /* [N][H][W][C] */
    byte *y = out[0];                  /* [N][OH][OW][C] */
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
