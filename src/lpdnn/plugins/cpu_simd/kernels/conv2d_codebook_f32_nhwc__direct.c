/* Convolution in nhwc with weights in a codebook: a panel of filters at a time is looked up into a buffer, and register
   tiles go over a band of the input with it, as with weights that are there.

   Constants: those of conv_direct.h; BOOKS; BITS, VECTOR, SCALED, BYTE_PLANES: lookup.h; BAND_FLOATS: of the copy of a
   band, behind which the buffer lies in the workspace. */
#include "conv_band.h"
#include "lookup.h"

lpdnn_kernel LPDNN_KERNEL;

#define LENGTH (KERNEL_H * KERNEL_W * DEPTH / VECTOR) /* indices of a filter */
#define WORDS ((LENGTH + PER - 1) / PER)              /* of a filter */

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_codebook_spec *s = spec;
    const float *x = in[LPDNN_CONV2D_CODEBOOK_X];             /* [N][H][W][C] */
    const lpdnn_u32 *w = in[LPDNN_CONV2D_CODEBOOK_INDICES];   /* [GROUPS][PANELS][WORDS][PANEL * VL] */
    const float *tables = in[LPDNN_CONV2D_CODEBOOK_CODEBOOK]; /* [BOOKS][VECTOR][TABLE] */
    const float *scale = in[LPDNN_CONV2D_CODEBOOK_SCALE];     /* [GROUPS][PANELS][PANEL * VL] or null */
    const float *bias = in[LPDNN_CONV2D_CODEBOOK_BIAS];       /* [GROUPS][PANELS][PANEL * VL] or null */
    float *y = out[0];                                        /* [N][OH][OW][M] */
    float *panel = (float *)workspace + BAND_FLOATS;          /* [KH][KW][DEPTH][PANEL * VL] */
    lpdnn_s32 n, down, across, i;

    for (n = 0; n < BATCH; n++) {
        for (down = FIRST_DOWN; down < END_DOWN; down += BAND_DOWN) {
            for (across = FIRST_ACROSS; across < END_ACROSS; across += BAND_ACROSS) {
#if BANDED
                const float *from = workspace;

                copy_band(x, workspace, tile_row(down), tile_column(across));
#else
                const float *from =
                    x + tile_row(down) * STRIDE_H * IN_ROW + tile_column(across) * STRIDE_W * IN_PIXEL;
#endif
                for (i = FIRST_PANEL; i < END_PANEL; i++) {
                    lpdnn_s32 filter = i / PANELS * GROUP + i % PANELS * PANEL * VL;

                    decode(w + i * PANEL * VL * WORDS, tables + filter / (FILTERS / BOOKS) * VECTOR * TABLE,
                           SCALED ? scale + i * PANEL * VL : 0, panel, KERNEL_H * KERNEL_W, DEPTH, PANEL,
                           PANEL);
                    band_panel(from, panel, bias, y, (ending){&s->activation, 0, 0}, down, across, i);
                }
            }
        }
        x += HEIGHT * WIDTH * CHANNELS;
        y += OUT_HEIGHT * OUT_ROW;
    }
    return LPDNN_OK;
}
