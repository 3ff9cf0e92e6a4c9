/* Convolution by its definition, one output row at a time: each filter tap adds a shifted input row. */
#include "lpdnn_ops.h"
#include "taps.h"

lpdnn_kernel lpdnn_conv2d_f32_nchw__ref;

/* row[ow] += weight[kw] * x[ow * stride + kw * dilation - left], over one row of one input channel. */
static void add_row(const lpdnn_conv2d_spec *s, const float *x, const float *weight, float *row)
{
    lpdnn_s32 kw, ow;

    for (kw = 0; kw < s->kernel_w; kw++) {
        lpdnn_s32 offset = kw * s->dilation[1] - s->padding[1];
        lpdnn_s32 first = first_column(offset, s->stride[1]);
        lpdnn_s32 end = end_column(offset, s->stride[1], s->width, s->out_width);
        float w = weight[kw];

        if (s->stride[1] == 1) {
            for (ow = first; ow < end; ow++) {
                row[ow] += w * x[ow + offset];
            }
        } else {
            for (ow = first; ow < end; ow++) {
                row[ow] += w * x[ow * s->stride[1] + offset];
            }
        }
    }
}

/* A pointwise convolution sees no rows: its planes are one row each, which is longer and so faster. */
static lpdnn_conv2d_spec flattened(const lpdnn_conv2d_spec *s)
{
    lpdnn_conv2d_spec flat = *s;

    if (s->kernel_h == 1 && s->kernel_w == 1 && s->padding[0] == 0 && s->padding[1] == 0 &&
        s->out_height == s->height && s->out_width == s->width) {
        flat.width = s->height * s->width;
        flat.out_width = flat.width;
        flat.height = 1;
        flat.out_height = 1;
    }
    return flat;
}

/* What is left to do with the sums of an output row; slope: of its filter, or null; addend: its row, or null. */
static void end_row(const lpdnn_conv2d_spec *s, const float *slope, const float *addend, float *row)
{
    lpdnn_s32 ow;

    for (ow = 0; ow < s->out_width; ow++) {
        if (slope && row[ow] <= 0.0f) {
            row[ow] *= *slope;
        }
        if (addend) {
            row[ow] += addend[ow];
        }
        row[ow] = lpdnn_activate(&s->activation, row[ow]);
    }
}

LpdnnStatus lpdnn_conv2d_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                       void *workspace)
{
    const lpdnn_conv2d_spec flat = flattened(spec);
    const lpdnn_conv2d_spec *s = &flat;
    const float *x = in[LPDNN_CONV2D_X];           /* [N][C][H][W] */
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [M][C/groups][KH][KW] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    const float *slope = in[LPDNN_CONV2D_SLOPE];   /* [M], or null */
    const float *addend = in[LPDNN_CONV2D_ADDEND]; /* [N][M][OH][OW] or null */
    float *y = out[0];                             /* [N][M][OH][OW] */
    lpdnn_s32 depth = s->channels / s->groups;
    lpdnn_s32 group = s->filters / s->groups;
    lpdnn_s32 taps = s->kernel_h * s->kernel_w;
    lpdnn_s32 n, m, c, kh, oh, ow;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->filters; m++) {
            const float *filter = weight + m * depth * taps;
            const float *image = x + (n * s->channels + m / group * depth) * s->height * s->width;

            for (oh = 0; oh < s->out_height; oh++) {
                lpdnn_s32 at = ((n * s->filters + m) * s->out_height + oh) * s->out_width;
                float *row = y + at;

                for (ow = 0; ow < s->out_width; ow++) {
                    row[ow] = bias ? bias[m] : 0.0f;
                }
                for (c = 0; c < depth; c++) {
                    for (kh = 0; kh < s->kernel_h; kh++) {
                        lpdnn_s32 ih = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];

                        if (ih >= 0 && ih < s->height) {
                            add_row(s, image + (c * s->height + ih) * s->width,
                                    filter + c * taps + kh * s->kernel_w, row);
                        }
                    }
                }
                end_row(s, slope ? slope + m : 0, addend ? addend + at : 0, row);
            }
        }
    }
    return LPDNN_OK;
}
