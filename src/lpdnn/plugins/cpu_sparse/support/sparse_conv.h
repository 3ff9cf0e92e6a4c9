/* What sparse convolutions share. */
#ifndef SPARSE_CONV_H
#define SPARSE_CONV_H

#include "sparse.h"

/* One group of a convolution. */
typedef struct {
    lpdnn_s32 filters;
    lpdnn_s32 channels;
    lpdnn_s32 taps;
    lpdnn_s32 depth;
    lpdnn_s32 pixels; /* of the output */
} sparse_sizes;

static inline sparse_sizes sparse_sizes_of(const lpdnn_conv2d_spec *s)
{
    sparse_sizes g;

    g.filters = s->filters / s->groups;
    g.channels = s->channels / s->groups;
    g.taps = s->kernel_h * s->kernel_w;
    g.depth = g.channels * g.taps;
    g.pixels = s->out_height * s->out_width;
    return g;
}

/* y [count] = f(x + bias), a step apart; count is at most SPARSE_BLOCK */
static inline void sparse_store(const lpdnn_activation *f, const float *x, lpdnn_s32 count, float bias,
                                float *y, lpdnn_s32 step)
{
    const float slope = f->alpha; /* y might be f, for all that the compiler knows */
    float values[SPARSE_BLOCK];
    lpdnn_s32 i;

    if (f->kind == LPDNN_ACTIVATION_IDENTITY) {
        for (i = 0; i < count; i++) {
            values[i] = x[i] + bias;
        }
    } else if (f->kind == LPDNN_ACTIVATION_RELU) {
        for (i = 0; i < count; i++) {
            const float value = x[i] + bias;

            values[i] = value > 0.0f ? value : slope * value;
        }
    } else {
        for (i = 0; i < count; i++) {
            values[i] = lpdnn_activate(f, x[i] + bias);
        }
    }
    for (i = 0; i < count; i++) {
        y[i * step] = values[i];
    }
}

/* The input pixel that a tap of an output pixel sees: an index into a plane, or -1 in the padding. */
static inline lpdnn_s32 sparse_seen(const lpdnn_conv2d_spec *s, lpdnn_s32 pixel, lpdnn_s32 tap)
{
    const lpdnn_s32 ih =
        pixel / s->out_width * s->stride[0] + tap / s->kernel_w * s->dilation[0] - s->padding[0];
    const lpdnn_s32 iw =
        pixel % s->out_width * s->stride[1] + tap % s->kernel_w * s->dilation[1] - s->padding[1];

    return ih < 0 || ih >= s->height || iw < 0 || iw >= s->width ? -1 : ih * s->width + iw;
}

#endif
