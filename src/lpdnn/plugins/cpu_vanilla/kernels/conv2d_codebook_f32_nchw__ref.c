/* Convolution with weights in a codebook: each is looked up once, and then adds its shifted plane of the input. */
#include "codebook.h"
#include "lpdnn_ops.h"
#include "taps.h"

lpdnn_kernel lpdnn_conv2d_codebook_f32_nchw__ref;

/* y[oh][ow] += w * x[ih][iw] for every output pixel whose tap (kh, kw) is inside of x. */
static void add_plane(const lpdnn_conv2d_codebook_spec *s, const float *x, float w, lpdnn_s32 kh,
                      lpdnn_s32 kw, float *y)
{
    lpdnn_s32 right = kw * s->dilation[1] - s->padding[1];
    lpdnn_s32 first = first_column(right, s->stride[1]);
    lpdnn_s32 end = end_column(right, s->stride[1], s->width, s->out_width);
    lpdnn_s32 oh, ow;

    for (oh = 0; oh < s->out_height; oh++) {
        lpdnn_s32 ih = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];

        if (ih >= 0 && ih < s->height) {
            const float *row = x + ih * s->width + right;
            float *to = y + oh * s->out_width;

            if (s->stride[1] == 1) {
                for (ow = first; ow < end; ow++) {
                    to[ow] += w * row[ow];
                }
            } else {
                for (ow = first; ow < end; ow++) {
                    to[ow] += w * row[ow * s->stride[1]];
                }
            }
        }
    }
}

/* A pointwise convolution sees no rows: its planes are one row each, which is longer and so faster. */
static lpdnn_conv2d_codebook_spec flattened(const lpdnn_conv2d_codebook_spec *s)
{
    lpdnn_conv2d_codebook_spec flat = *s;

    if (s->kernel_h == 1 && s->kernel_w == 1 && s->padding[0] == 0 && s->padding[1] == 0 &&
        s->out_height == s->height && s->out_width == s->width) {
        flat.width = s->height * s->width;
        flat.out_width = flat.width;
        flat.height = 1;
        flat.out_height = 1;
    }
    return flat;
}

LpdnnStatus lpdnn_conv2d_codebook_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                                void *workspace)
{
    const lpdnn_conv2d_codebook_spec flat = flattened(spec);
    const lpdnn_conv2d_codebook_spec *s = &flat;
    const float *x = in[LPDNN_CONV2D_CODEBOOK_X]; /* [N][C][H][W] */
    const lpdnn_u8 *indices =
        in[LPDNN_CONV2D_CODEBOOK_INDICES];                      /* [M][C/groups * KH * KW / vector], packed */
    const float *codebook = in[LPDNN_CONV2D_CODEBOOK_CODEBOOK]; /* [books][2^bits][vector] */
    const float *scale = in[LPDNN_CONV2D_CODEBOOK_SCALE];       /* [M] or null */
    const float *bias = in[LPDNN_CONV2D_CODEBOOK_BIAS];         /* [M] or null */
    float *y = out[0];                                          /* [N][M][OH][OW] */
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 group = s->filters / s->groups;
    lpdnn_s32 taps = s->kernel_h * s->kernel_w;
    lpdnn_s32 plane = s->height * s->width;
    lpdnn_s32 pixels = s->out_height * s->out_width;
    lpdnn_s32 n, m, k, i;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++, y += pixels) {
            const float *book = codebook + m / (s->filters / s->books) * (s->vector << s->bits);
            const float *image = x + (n * s->channels + m / group * depth) * plane;
            lpdnn_s32 first = m * (depth * taps / s->vector);

            for (i = 0; i < pixels; i++) {
                y[i] = bias ? bias[m] : 0.0f;
            }
            for (k = 0; k < depth * taps; k++) {
                lpdnn_s32 entry = codebook_index(indices, first + k / s->vector, s->bits);
                float w = book[entry * s->vector + k % s->vector];
                lpdnn_s32 tap = k % taps;

                add_plane(s, image + k / taps * plane, scale ? scale[m] * w : w, tap / s->kernel_w,
                          tap % s->kernel_w, y);
            }
            for (i = 0; i < pixels; i++) {
                y[i] = lpdnn_activate(&s->activation, y[i]);
            }
        }
    }
    return LPDNN_OK;
}
