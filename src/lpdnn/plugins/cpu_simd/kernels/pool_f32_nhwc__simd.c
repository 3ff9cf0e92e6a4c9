/* Largest or mean value of each window, a vector of channels at a time.

   Constants: VL; BATCH, CHANNELS, HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH; KERNEL_H, KERNEL_W, STRIDE_H, STRIDE_W; PAD_TOP,
   PAD_LEFT, PAD_BOTTOM, PAD_RIGHT; AVERAGE, COUNT_PADDING: 0 or 1. */
#include "channels.h"

lpdnn_kernel LPDNN_KERNEL;

/* Of a window [rows][columns] of pixels; a mean sums row by row, which keeps rounding small where it is a whole image. */
INLINE vf pooled(const float *x, lpdnn_s32 rows, lpdnn_s32 columns)
{
    vf all = AVERAGE ? (vf){0} : load_part(x, LANES);
    lpdnn_s32 h, w;

    for (h = 0; h < rows; h++) {
        vf row = all;

        if (AVERAGE) {
            row = (vf){0};
        }
        for (w = 0; w < columns; w++) {
            vf v = load_part(x + (h * WIDTH + w) * CHANNELS, LANES);

            row = AVERAGE ? row + v : larger(v, row);
        }
        all = AVERAGE ? all + row : row;
    }
    return all;
}

/* All channels of the window that starts at row h and column w, which may lie in the padding. */
INLINE void pixel(const float *x, float *y, lpdnn_s32 h, lpdnn_s32 w)
{
    lpdnn_s32 first_h = h > 0 ? h : 0;
    lpdnn_s32 first_w = w > 0 ? w : 0;
    lpdnn_s32 rows = least(h + KERNEL_H, HEIGHT) - first_h;
    lpdnn_s32 columns = least(w + KERNEL_W, WIDTH) - first_w;
    lpdnn_s32 counted = COUNT_PADDING ? (least(h + KERNEL_H, HEIGHT + PAD_BOTTOM) - h) *
                                            (least(w + KERNEL_W, WIDTH + PAD_RIGHT) - w)
                                      : rows * columns;
    float share = 1.0f / (float)counted;
    const float *window = x + (first_h * WIDTH + first_w) * CHANNELS;
    lpdnn_s32 b;

    for (b = 0; b < BLOCKS; b++) {
        lpdnn_s32 c = block_start(b);
        vf v = rows == KERNEL_H && columns == KERNEL_W ? pooled(window + c, KERNEL_H, KERNEL_W)
                                                       : pooled(window + c, rows, columns);

        store_part(y + c, AVERAGE ? v * share : v, LANES);
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const float *x = in[LPDNN_POOL_X]; /* [N][H][W][C] */
    float *y = out[0];                 /* [N][OH][OW][C] */
    lpdnn_s32 n, oh, ow;

    (void)spec;
    (void)workspace;
    for (n = 0; n < BATCH; n++) {
        for (oh = LPDNN_SHARE_FIRST(OUT_HEIGHT); oh < LPDNN_SHARE_END(OUT_HEIGHT); oh++) {
            for (ow = 0; ow < OUT_WIDTH; ow++) {
                pixel(x, y + (oh * OUT_WIDTH + ow) * CHANNELS, oh * STRIDE_H - PAD_TOP,
                      ow * STRIDE_W - PAD_LEFT);
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * CHANNELS;
    }
    return LPDNN_OK;
}
