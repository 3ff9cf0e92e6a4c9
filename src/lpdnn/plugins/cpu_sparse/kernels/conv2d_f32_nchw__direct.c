/* Convolution with sparse weights on the image itself: each value meets the image shifted by its tap. The image is
   copied once, with its border, and rows and columns sorted by their remainder of the stride, so that what a tap sees
   lies side by side. */
#include "sparse_conv.h"

lpdnn_kernel LPDNN_KERNEL;

/* The copy of one channel: [SH][SW][rows][columns]. */
typedef struct {
    lpdnn_s32 rows;
    lpdnn_s32 columns;
    lpdnn_s32 plane;
    lpdnn_s32 channel;
} copy_sizes;

static copy_sizes copy_sizes_of(const lpdnn_conv2d_spec *s)
{
    copy_sizes c;

    c.rows = s->out_height + (s->kernel_h - 1) * s->dilation[0] / s->stride[0] + 1;
    c.columns = s->out_width + (s->kernel_w - 1) * s->dilation[1] / s->stride[1];
    c.plane = c.rows * c.columns;
    c.channel = c.plane * s->stride[0] * s->stride[1];
    return c;
}

/* x [H][W] -> copy */
static void sort(const lpdnn_conv2d_spec *s, const copy_sizes *c, const float *x, float *copy)
{
    lpdnn_s32 i, row, column;

    for (i = 0; i < s->stride[0] * s->stride[1]; i++) {
        const lpdnn_s32 step = s->stride[1];
        const lpdnn_s32 down = i / step - s->padding[0];
        const lpdnn_s32 right = i % step - s->padding[1];
        const lpdnn_s32 first = right < 0 ? (step - 1 - right) / step : 0;
        const lpdnn_s32 seen = s->width > right ? (s->width - 1 - right) / step + 1 : 0;
        const lpdnn_s32 end = seen < c->columns ? seen : c->columns;

        for (row = 0; row < c->rows; row++, copy += c->columns) {
            const lpdnn_s32 ih = row * s->stride[0] + down;
            const float *from = x + ih * s->width + right;

            __builtin_memset(copy, 0, sizeof *copy * (size_t)c->columns);
            for (column = first; column < end && ih >= 0 && ih < s->height; column++) {
                copy[column] = from[column * step];
            }
        }
    }
}

/* block [filters][SPARSE_BLOCK], positions of the copy from `first` on -> y [filters][OH][OW] */
static void store(const lpdnn_conv2d_spec *s, const copy_sizes *c, lpdnn_s32 filters, lpdnn_s32 first,
                  const float *block, const float *bias, float *y)
{
    const lpdnn_s32 pixels = s->out_height * s->out_width;
    lpdnn_s32 p, m, run;

    for (p = 0; p < SPARSE_BLOCK; p += run) {
        const lpdnn_s32 row = (first + p) / c->columns;
        const lpdnn_s32 column = (first + p) % c->columns;
        lpdnn_s32 count = s->out_width - column;

        run = c->columns - column < SPARSE_BLOCK - p ? c->columns - column : SPARSE_BLOCK - p;
        count = count < run ? count : run;
        for (m = 0; m < filters && row < s->out_height; m++) {
            sparse_store(&s->activation, block + m * SPARSE_BLOCK + p, count, bias ? bias[m] : 0.0f,
                         y + m * pixels + row * s->out_width + column, 1);
        }
    }
}

static LpdnnStatus convolve(const lpdnn_conv2d_spec *s, const sparse_matrix *weights, const float *x,
                            const float *bias, float *y, float *block)
{
    const sparse_sizes g = sparse_sizes_of(s);
    const copy_sizes c = copy_sizes_of(s);
    float *copy = block + g.filters * SPARSE_BLOCK;                                   /* [C/g] copies */
    lpdnn_s32 *offsets = (lpdnn_s32 *)(copy + g.channels * c.channel + SPARSE_BLOCK); /* [depth] */
    lpdnn_s32 k, first;

    for (k = 0; k < g.channels; k++) {
        sort(s, &c, x + k * s->height * s->width, copy + k * c.channel);
    }
    for (k = 0; k < SPARSE_BLOCK; k++) {
        copy[g.channels * c.channel + k] = 0.0f; /* the last block of the last channel reads beyond it */
    }
    for (k = 0; k < g.depth; k++) {
        const lpdnn_s32 down = k % g.taps / s->kernel_w * s->dilation[0];
        const lpdnn_s32 right = k % s->kernel_w * s->dilation[1];
        const lpdnn_s32 sorted = down % s->stride[0] * s->stride[1] + right % s->stride[1];

        offsets[k] = k / g.taps * c.channel + sorted * c.plane + down / s->stride[0] * c.columns +
                     right / s->stride[1];
    }
    for (first = 0; first < s->out_height * c.columns; first += SPARSE_BLOCK) {
        const LpdnnStatus status = sparse_block(weights, copy + first, offsets, block);

        if (status != LPDNN_OK) {
            return status;
        }
        store(s, &c, g.filters, first, block, bias, y);
    }
    return LPDNN_OK;
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_conv2d_spec *s = spec;
    const sparse_sizes g = sparse_sizes_of(s);
    const float *x = in[LPDNN_CONV2D_X];       /* [N][C][H][W] */
    const float *bias = in[LPDNN_CONV2D_BIAS]; /* [M] or null */
    float *y = out[0];                         /* [N][M][OH][OW] */
    lpdnn_s32 i;

    for (i = 0; i < s->batch * s->groups; i++) {
        const lpdnn_s32 group = i % s->groups;
        const sparse_matrix weights =
            sparse_group(in[LPDNN_CONV2D_WEIGHT], SPARSE_FORMAT, group, g.filters, g.depth);
        const LpdnnStatus status =
            convolve(s, &weights, x + i * g.channels * s->height * s->width,
                     bias ? bias + group * g.filters : 0, y + i * g.filters * g.pixels, workspace);

        if (status != LPDNN_OK) {
            return status;
        }
    }
    return LPDNN_OK;
}
