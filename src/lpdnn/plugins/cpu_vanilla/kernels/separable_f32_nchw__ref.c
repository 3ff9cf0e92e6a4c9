/* A depthwise convolution between pointwise ones, one output row at a time: the workspace holds the expanded rows that a
   filter covers, in turns, and one row of what it makes of them. */
#include "lpdnn_ops.h"
#include "taps.h"

lpdnn_kernel lpdnn_separable_f32_nchw__ref;

/* row[column] = f(bias + sum over channels of weight[channel] * x[channel * step + column]) */
static void mix(const float *x, lpdnn_s32 channels, lpdnn_s32 step, const float *weight, float bias,
                const float *addend, const lpdnn_activation *f, float *row, lpdnn_s32 columns)
{
    lpdnn_s32 c, i;

    for (i = 0; i < columns; i++) {
        row[i] = bias;
    }
    for (c = 0; c < channels; c++) {
        for (i = 0; i < columns; i++) {
            row[i] += weight[c] * x[c * step + i];
        }
    }
    for (i = 0; i < columns; i++) {
        row[i] = lpdnn_activate(f, addend ? row[i] + addend[i] : row[i]);
    }
}

/* The depthwise convolution's output row `oh` of one channel; plane: its rows, of which row h is the (h % held)th. */
static void filter_row(const lpdnn_separable_spec *s, const float *plane, lpdnn_s32 held, const float *weight,
                       float bias, lpdnn_s32 oh, float *row)
{
    lpdnn_s32 kh, kw, ow;

    for (ow = 0; ow < s->out_width; ow++) {
        row[ow] = bias;
    }
    for (kh = 0; kh < s->kernel_h; kh++) {
        lpdnn_s32 h = oh * s->stride[0] + kh * s->dilation[0] - s->padding[0];

        for (kw = 0; kw < s->kernel_w && h >= 0 && h < s->height; kw++) {
            lpdnn_s32 offset = kw * s->dilation[1] - s->padding[1];
            lpdnn_s32 end = end_column(offset, s->stride[1], s->width, s->out_width);
            float w = weight[kh * s->kernel_w + kw];

            for (ow = first_column(offset, s->stride[1]); ow < end; ow++) {
                row[ow] += w * plane[h % held * s->width + ow * s->stride[1] + offset];
            }
        }
    }
    for (ow = 0; ow < s->out_width; ow++) {
        row[ow] = lpdnn_activate(&s->filtered, row[ow]);
    }
}

LpdnnStatus lpdnn_separable_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                          void *workspace)
{
    const lpdnn_separable_spec *s = spec;
    const float *x = in[LPDNN_SEPARABLE_X];                       /* [N][C][H][W] */
    const float *weight = in[LPDNN_SEPARABLE_WEIGHT];             /* [D][KH][KW] */
    const float *project = in[LPDNN_SEPARABLE_PROJECT];           /* [M][D] */
    const float *bias = in[LPDNN_SEPARABLE_BIAS];                 /* [D] or null */
    const float *project_bias = in[LPDNN_SEPARABLE_PROJECT_BIAS]; /* [M] or null */
    const float *expand = in[LPDNN_SEPARABLE_EXPAND];             /* [D][C] or null */
    const float *expand_bias = in[LPDNN_SEPARABLE_EXPAND_BIAS];   /* [D] or null */
    const float *addend = in[LPDNN_SEPARABLE_ADDEND];             /* [N][M][OH][OW] or null */
    float *y = out[0];                                            /* [N][M][OH][OW] */
    float *filtered = workspace;                                  /* [D][OW] */
    float *rows = filtered + s->middle * s->out_width;            /* [D][covered][W] */
    lpdnn_s32 covered = (s->kernel_h - 1) * s->dilation[0] + 1;
    lpdnn_s32 held = expand ? covered : s->height;
    lpdnn_s32 plane = s->height * s->width;
    lpdnn_s32 n, d, m, oh;

    for (n = 0; n < s->batch; n++) {
        lpdnn_s32 h = 0; /* the next row to expand */

        for (oh = 0; oh < s->out_height; oh++) {
            lpdnn_s32 end = oh * s->stride[0] - s->padding[0] + covered;

            for (; expand && h < end && h < s->height; h++) {
                for (d = 0; d < s->middle; d++) {
                    mix(x + h * s->width, s->channels, plane, expand + d * s->channels,
                        expand_bias ? expand_bias[d] : 0.0f, 0, &s->expanded,
                        rows + (d * covered + h % covered) * s->width, s->width);
                }
            }
            for (d = 0; d < s->middle; d++) {
                filter_row(s, expand ? rows + d * covered * s->width : x + d * plane, held,
                           weight + d * s->kernel_h * s->kernel_w, bias ? bias[d] : 0.0f, oh,
                           filtered + d * s->out_width);
            }
            for (m = 0; m < s->filters; m++) {
                lpdnn_s32 at = ((n * s->filters + m) * s->out_height + oh) * s->out_width;

                mix(filtered, s->middle, s->out_width, project + m * s->middle,
                    project_bias ? project_bias[m] : 0.0f, addend ? addend + at : 0, &s->activation, y + at,
                    s->out_width);
            }
        }
        x += s->channels * plane;
    }
    return LPDNN_OK;
}
