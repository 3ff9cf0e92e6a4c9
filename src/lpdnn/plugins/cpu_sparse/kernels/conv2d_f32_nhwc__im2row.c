/* Convolution with sparse weights: the patches of a block of pixels, turned so that pixels lie side by side. */
#include "sparse_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* x [H][W][C] -> patches [KH*KW*C/g][SPARSE_BLOCK], pixels from `first` on, zeros beyond the last. */
static void lower(const lpdnn_conv2d_spec *s, const sparse_sizes *g, const float *x, lpdnn_s32 first,
                  lpdnn_s32 count, float *patches)
{
    lpdnn_s32 tap, c, p;

    for (tap = 0; tap < g->taps; tap++) {
        float *part = patches + tap * g->channels * SPARSE_BLOCK;

        for (p = 0; p < SPARSE_BLOCK; p++) {
            const lpdnn_s32 seen = p < count ? sparse_seen(s, first + p, tap) : -1;

            for (c = 0; c < g->channels; c++) {
                part[c * SPARSE_BLOCK + p] = seen < 0 ? 0.0f : x[seen * s->channels + c];
            }
        }
    }
}

static LpdnnStatus convolve(const lpdnn_conv2d_spec *s, const sparse_matrix *weights, const float *x,
                            const float *bias, float *y, float *block)
{
    const sparse_sizes g = sparse_sizes_of(s);
    float *patches = block + g.filters * SPARSE_BLOCK;                    /* [depth][SPARSE_BLOCK] */
    lpdnn_s32 *offsets = (lpdnn_s32 *)(patches + g.depth * SPARSE_BLOCK); /* [depth] */
    lpdnn_s32 first, k, m;

    for (k = 0; k < g.depth; k++) {
        offsets[k] = k * SPARSE_BLOCK;
    }
    for (first = 0; first < g.pixels; first += SPARSE_BLOCK) {
        const lpdnn_s32 count = g.pixels - first < SPARSE_BLOCK ? g.pixels - first : SPARSE_BLOCK;
        LpdnnStatus status;

        lower(s, &g, x, first, count, patches);
        status = sparse_block(weights, patches, offsets, block);
        if (status != LPDNN_OK) {
            return status;
        }
        for (m = 0; m < g.filters; m++) {
            sparse_store(&s->activation, block + m * SPARSE_BLOCK, count, bias ? bias[m] : 0.0f,
                         y + first * s->filters + m, s->filters);
        }
    }
    return LPDNN_OK;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const sparse_sizes g = sparse_sizes_of(s);
    const float *x = in[LPDNN_CONV2D_X];       /* [N][H][W][C] */
    const float *bias = in[LPDNN_CONV2D_BIAS]; /* [M] or null */
    float *y = out[0];                         /* [N][OH][OW][M] */
    lpdnn_s32 i;

    for (i = 0; i < s->batch * s->groups; i++) {
        const lpdnn_s32 n = i / s->groups;
        const lpdnn_s32 group = i % s->groups;
        const sparse_matrix weights =
            sparse_group(in[LPDNN_CONV2D_WEIGHT], SPARSE_FORMAT, group, g.filters, g.depth);
        const LpdnnStatus status =
            convolve(s, &weights, x + n * s->height * s->width * s->channels + group * g.channels,
                     bias ? bias + group * g.filters : 0, y + n * g.pixels * s->filters + group * g.filters,
                     workspace);

        if (status != LPDNN_OK) {
            return status;
        }
    }
    return LPDNN_OK;
}
