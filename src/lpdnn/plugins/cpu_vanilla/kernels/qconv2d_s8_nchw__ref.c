/* Convolution of integers by its definition, a filter at a time. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qconv2d_s8_nchw__ref
#define LPDNN_ELEMENT lpdnn_s8
#define LPDNN_WEIGHT lpdnn_s8
#define LPDNN_BITS 8
#endif

#include "qconv.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qconv2d_spec flat = flattened(spec);
    const lpdnn_qconv2d_spec *s = &flat;
    const LPDNN_ELEMENT *x = in[LPDNN_QCONV2D_X];               /* [N][C][H][W] */
    const LPDNN_WEIGHT *weight = in[LPDNN_QCONV2D_WEIGHT];      /* [M][C/groups][KH][KW] */
    const lpdnn_s32 *multiplier = in[LPDNN_QCONV2D_MULTIPLIER]; /* [M] or [1] */
    const lpdnn_s32 *shift = in[LPDNN_QCONV2D_SHIFT];
    const lpdnn_s32 *bias = in[LPDNN_QCONV2D_BIAS]; /* [M] or null */
    LPDNN_ELEMENT *y = out[0];                      /* [N][M][OH][OW] */
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 group = s->filters / s->groups;
    lpdnn_s32 n, m;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++, y += s->out_height * s->out_width) {
            lpdnn_s32 f = s->factors == 1 ? 0 : m;

            filter_plane(s, x + (n * s->channels + m / group * depth) * s->height * s->width,
                         weight + m * depth * s->kernel_h * s->kernel_w, bias ? bias[m] : 0, multiplier[f],
                         shift[f], y);
        }
    }
    return LPDNN_OK;
}
