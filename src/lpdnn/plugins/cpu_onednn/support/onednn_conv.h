/* Convolution by oneDNN, for each layout of images; ONEDNN_AUTO lets it choose Winograd's algorithm. */
#ifndef ONEDNN_CONV_H
#define ONEDNN_CONV_H

#include "onednn.h"

static onednn_node *onednn_conv_make(const onednn_api *d, const lpdnn_conv2d_spec *s,
                                     dnnl_format_tag_t layout, const float *weight, const float *bias)
{
    const dnnl_dims_t images = {s->batch, s->channels, s->height, s->width};
    const dnnl_dims_t results = {s->batch, s->filters, s->out_height, s->out_width};
    const dnnl_dims_t grouped = {s->groups, s->filters / s->groups, s->channels / s->groups, s->kernel_h,
                                 s->kernel_w};
    const dnnl_dims_t filters = {s->filters};
    const dnnl_dims_t stride = {s->stride[0], s->stride[1]};
    const dnnl_dims_t holes = {s->dilation[0] - 1, s->dilation[1] - 1};
    const dnnl_dims_t before = {s->padding[0], s->padding[1]};
    const dnnl_dims_t after = {s->padding[2], s->padding[3]};
    const int plain = s->groups == 1;
    dnnl_memory_desc_t x, given, wanted, b, y;
    dnnl_convolution_desc_t description;
    const onednn_parts parts = {&description, &x, &given, bias ? &b : 0, &y, &s->activation};

    d->dnnl_memory_desc_init_by_tag(&x, 4, images, dnnl_f32, layout);
    d->dnnl_memory_desc_init_by_tag(&y, 4, results, dnnl_f32, layout);
    d->dnnl_memory_desc_init_by_tag(&b, 1, filters, dnnl_f32, dnnl_a);
    d->dnnl_memory_desc_init_by_tag(&given, plain ? 4 : 5, plain ? grouped + 1 : grouped, dnnl_f32,
                                    plain ? dnnl_oihw : dnnl_goihw);
    d->dnnl_memory_desc_init_by_tag(&wanted, plain ? 4 : 5, plain ? grouped + 1 : grouped, dnnl_f32,
                                    dnnl_format_tag_any);
    if (d->dnnl_dilated_convolution_forward_desc_init(
            &description, dnnl_forward_inference,
            ONEDNN_AUTO ? dnnl_convolution_auto : dnnl_convolution_direct, &x, &wanted, bias ? &b : 0, &y,
            stride, holes, before, after) != dnnl_success) {
        return 0;
    }
    return onednn_make(s, weight, &parts);
}

static LpdnnStatus onednn_conv(const void *spec, const void *const *in, void *const *out,
                               dnnl_format_tag_t layout, lpdnn_s32 elements)
{
    const lpdnn_conv2d_spec *s = spec;
    const onednn_api *d = onednn();
    const float *weight = in[LPDNN_CONV2D_WEIGHT]; /* [M][C/g][KH][KW] */
    const float *bias = in[LPDNN_CONV2D_BIAS];     /* [M] or null */
    float *y = out[0];
    onednn_node *node = d ? onednn_find(s, weight) : 0;
    LpdnnStatus status;
    lpdnn_s32 i;

    if (d && !node) {
        node = onednn_conv_make(d, s, layout, weight, bias);
    }
    status = onednn_run(node, in[LPDNN_CONV2D_X], bias, y);
    for (i = 0; i < elements && status == LPDNN_OK && !onednn_fuses(&s->activation); i++) {
        y[i] = lpdnn_activate(&s->activation, y[i]);
    }
    return status;
}

/* Elements of the output, whose channels come in blocks. */
static inline lpdnn_s32 onednn_results(const lpdnn_conv2d_spec *s, lpdnn_s32 block)
{
    return s->batch * ((s->filters + block - 1) / block * block) * s->out_height * s->out_width;
}

#endif
