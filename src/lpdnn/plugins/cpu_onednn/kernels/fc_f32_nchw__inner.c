/* Fully connected layer by oneDNN. */
#include "onednn.h"

lpdnn_kernel LPDNN_KERNEL;

static onednn_node *make(const onednn_api *d, const lpdnn_fc_spec *s, const float *weight, const float *bias)
{
    const dnnl_dims_t images = {s->batch, s->inputs};
    const dnnl_dims_t weights = {s->outputs, s->inputs};
    const dnnl_dims_t results = {s->batch, s->outputs};
    const dnnl_dims_t outputs = {s->outputs};
    dnnl_memory_desc_t x, given, wanted, b, y;
    dnnl_inner_product_desc_t description;
    const onednn_parts parts = {&description, &x, &given, bias ? &b : 0, &y, &s->activation};

    d->dnnl_memory_desc_init_by_tag(&x, 2, images, dnnl_f32, dnnl_ab);
    d->dnnl_memory_desc_init_by_tag(&y, 2, results, dnnl_f32, dnnl_ab);
    d->dnnl_memory_desc_init_by_tag(&b, 1, outputs, dnnl_f32, dnnl_a);
    d->dnnl_memory_desc_init_by_tag(&given, 2, weights, dnnl_f32, dnnl_ab);
    d->dnnl_memory_desc_init_by_tag(&wanted, 2, weights, dnnl_f32, dnnl_format_tag_any);
    if (d->dnnl_inner_product_forward_desc_init(&description, dnnl_forward_inference, &x, &wanted,
                                                bias ? &b : 0, &y) != dnnl_success) {
        return 0;
    }
    return onednn_make(s, weight, &parts);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    const onednn_api *d = onednn();
    const float *weight = in[LPDNN_FC_WEIGHT]; /* [M][K] */
    const float *bias = in[LPDNN_FC_BIAS];     /* [M] or null */
    float *y = out[0];                         /* [N][M] */
    onednn_node *node = d ? onednn_find(s, weight) : 0;
    LpdnnStatus status;
    lpdnn_s32 i;

    (void)workspace;
    if (d && !node) {
        node = make(d, s, weight, bias);
    }
    status = onednn_run(node, in[LPDNN_FC_X], bias, y);
    for (i = 0; i < s->batch * s->outputs && status == LPDNN_OK && !onednn_fuses(&s->activation); i++) {
        y[i] = lpdnn_activate(&s->activation, y[i]);
    }
    return status;
}
