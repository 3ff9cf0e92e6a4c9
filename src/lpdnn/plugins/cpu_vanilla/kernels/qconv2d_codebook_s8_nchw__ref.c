/* Convolution of integers with weights in a codebook: a filter at a time is looked up into the workspace. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qconv2d_codebook_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#define LPDNN_WEIGHT lpdnn_s8
#define LPDNN_BITS 8
#endif

#include "codebook.h"
#include "qconv.h"

lpdnn_kernel LPDNN_KERNEL;

/* The same convolution with the weights themselves. */
static lpdnn_qconv2d_spec plain(const lpdnn_qconv2d_codebook_spec *s)
{
    lpdnn_qconv2d_spec to;
    int i;

    to.batch = s->batch;
    to.channels = s->channels;
    to.height = s->height;
    to.width = s->width;
    to.filters = s->filters;
    to.kernel_h = s->kernel_h;
    to.kernel_w = s->kernel_w;
    to.out_height = s->out_height;
    to.out_width = s->out_width;
    to.factors = s->factors;
    for (i = 0; i < 2; i++) {
        to.stride[i] = s->stride[i];
        to.dilation[i] = s->dilation[i];
    }
    for (i = 0; i < 4; i++) {
        to.padding[i] = s->padding[i];
    }
    to.groups = s->groups;
    to.x_zero = s->x_zero;
    to.y_zero = s->y_zero;
    to.low = s->low;
    to.high = s->high;
    to.rounding = s->rounding;
    return flattened(&to);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qconv2d_codebook_spec *own = spec;
    const lpdnn_qconv2d_spec flat = plain(own);
    const lpdnn_qconv2d_spec *s = &flat;
    const LPDNN_ELEMENT *x = in[LPDNN_QCONV2D_CODEBOOK_X]; /* [N][C][H][W] */
    const lpdnn_u8 *indices =
        in[LPDNN_QCONV2D_CODEBOOK_INDICES]; /* [M][C/groups * KH * KW / vector], packed */
    const LPDNN_WEIGHT *codebook = in[LPDNN_QCONV2D_CODEBOOK_CODEBOOK];  /* [books][2^bits][vector] */
    const lpdnn_s32 *multiplier = in[LPDNN_QCONV2D_CODEBOOK_MULTIPLIER]; /* [M] or [1] */
    const lpdnn_s32 *shift = in[LPDNN_QCONV2D_CODEBOOK_SHIFT];
    const lpdnn_s32 *bias = in[LPDNN_QCONV2D_CODEBOOK_BIAS]; /* [M] or null */
    LPDNN_ELEMENT *y = out[0];                               /* [N][M][OH][OW] */
    LPDNN_WEIGHT *filter = workspace;                        /* [C/groups][KH][KW] */
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 size = depth * s->kernel_h * s->kernel_w;
    lpdnn_s32 group = s->filters / s->groups;
    lpdnn_s32 n, m, k;

    for (m = 0; m < s->filters; m++) {
        const LPDNN_WEIGHT *book = codebook + m / (s->filters / own->books) * (own->vector << own->bits);
        lpdnn_s32 f = s->factors == 1 ? 0 : m;

        for (k = 0; k < size; k++) {
            lpdnn_s32 entry = codebook_index(indices, (m * size + k) / own->vector, own->bits);

            filter[k] = book[entry * own->vector + k % own->vector];
        }
        for (n = 0; n < s->batch; n++) {
            filter_plane(s, x + (n * s->channels + m / group * depth) * s->height * s->width, filter,
                         bias ? bias[m] : 0, multiplier[f], shift[f],
                         y + (n * s->filters + m) * s->out_height * s->out_width);
        }
    }
    return LPDNN_OK;
}
