/* ReLU by oneDNN. */
#include "onednn.h"

lpdnn_kernel LPDNN_KERNEL;

static onednn_node *make(const onednn_api *d, const lpdnn_activation_spec *s)
{
    const dnnl_dims_t count = {s->count};
    dnnl_memory_desc_t x;
    dnnl_eltwise_desc_t description;
    const onednn_parts parts = {&description, &x, 0, 0, &x, 0};

    d->dnnl_memory_desc_init_by_tag(&x, 1, count, dnnl_f32, dnnl_a);
    if (d->dnnl_eltwise_forward_desc_init(&description, dnnl_forward_inference, dnnl_eltwise_relu, &x,
                                          s->function.alpha, 0.0f) != dnnl_success) {
        return 0;
    }
    return onednn_make(s, 0, &parts);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const onednn_api *d = onednn();
    onednn_node *node = d ? onednn_find(spec, 0) : 0;

    (void)workspace;
    if (d && !node) {
        node = make(d, spec);
    }
    return onednn_run(node, in[LPDNN_ACTIVATION_X], 0, out[0]);
}
