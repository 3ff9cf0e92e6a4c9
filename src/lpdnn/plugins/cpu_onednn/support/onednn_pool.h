/* Pooling by oneDNN, for each layout of images. */
#ifndef ONEDNN_POOL_H
#define ONEDNN_POOL_H

#include "onednn.h"

/* Rows or columns after the image that the last window reaches, or that were asked for. */
static lpdnn_s32 onednn_after(lpdnn_s32 size, lpdnn_s32 kernel, lpdnn_s32 stride, lpdnn_s32 before,
                              lpdnn_s32 after, lpdnn_s32 count)
{
    const lpdnn_s32 reach = (count - 1) * stride + kernel - before - size;

    return reach > after ? reach : after;
}

static onednn_node *onednn_pool_make(const onednn_api *d, const lpdnn_pool_spec *s, dnnl_format_tag_t layout)
{
    const dnnl_dims_t images = {s->batch, s->channels, s->height, s->width};
    const dnnl_dims_t results = {s->batch, s->channels, s->out_height, s->out_width};
    const dnnl_dims_t stride = {s->stride[0], s->stride[1]};
    const dnnl_dims_t kernel = {s->kernel[0], s->kernel[1]};
    const dnnl_dims_t before = {s->padding[0], s->padding[1]};
    const dnnl_dims_t after = {
        onednn_after(s->height, s->kernel[0], s->stride[0], s->padding[0], s->padding[2], s->out_height),
        onednn_after(s->width, s->kernel[1], s->stride[1], s->padding[1], s->padding[3], s->out_width)};
    const dnnl_alg_kind_t mean =
        s->count_padding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding;
    dnnl_memory_desc_t x, y;
    dnnl_pooling_desc_t description;
    const onednn_parts parts = {&description, &x, 0, 0, &y, 0};

    d->dnnl_memory_desc_init_by_tag(&x, 4, images, dnnl_f32, layout);
    d->dnnl_memory_desc_init_by_tag(&y, 4, results, dnnl_f32, layout);
    if (d->dnnl_pooling_forward_desc_init(&description, dnnl_forward_inference,
                                          s->kind == LPDNN_POOL_KIND_MAX ? dnnl_pooling_max : mean, &x, &y,
                                          stride, kernel, before, after) != dnnl_success) {
        return 0;
    }
    return onednn_make(s, 0, &parts);
}

static LpdnnStatus onednn_pool(const void *spec, const void *const *in, void *const *out,
                               dnnl_format_tag_t layout)
{
    const onednn_api *d = onednn();
    onednn_node *node = d ? onednn_find(spec, 0) : 0;

    if (d && !node) {
        node = onednn_pool_make(d, spec, layout);
    }
    return onednn_run(node, in[LPDNN_POOL_X], 0, out[0]);
}

#endif
