/* oneDNN's functions, and the primitives of nodes: made at the first call of a node, which its spec and weights tell
   from others, and kept; kernels have no state of their own to keep them in. */
#ifndef ONEDNN_H
#define ONEDNN_H

#include "lpdnn_ops.h"

#include <dnnl.h>

#define ONEDNN_FUNCTIONS(use)                                                                                \
    use(dnnl_engine_create) use(dnnl_stream_create) use(dnnl_stream_wait) use(dnnl_memory_create)            \
        use(dnnl_memory_destroy) use(dnnl_memory_set_data_handle) use(dnnl_memory_desc_init_by_tag)          \
            use(dnnl_primitive_create) use(dnnl_primitive_execute) use(dnnl_primitive_desc_create)           \
                use(dnnl_primitive_desc_destroy) use(dnnl_primitive_desc_query_md)                           \
                    use(dnnl_primitive_destroy) use(dnnl_primitive_attr_create)                              \
                        use(dnnl_primitive_attr_destroy) use(dnnl_primitive_attr_set_post_ops)               \
                            use(dnnl_post_ops_create) use(dnnl_post_ops_destroy)                             \
                                use(dnnl_post_ops_append_eltwise) use(dnnl_reorder_primitive_desc_create)    \
                                    use(dnnl_dilated_convolution_forward_desc_init)                          \
                                        use(dnnl_inner_product_forward_desc_init)                            \
                                            use(dnnl_pooling_forward_desc_init)                              \
                                                use(dnnl_softmax_forward_desc_init)                          \
                                                    use(dnnl_eltwise_forward_desc_init)

#define ONEDNN_MEMBER(name) __typeof__(name) *name;

/* The functions by their own names. */
typedef struct {
    ONEDNN_FUNCTIONS(ONEDNN_MEMBER)
    dnnl_engine_t engine;
    dnnl_stream_t stream;
} onednn_api;

/* The library, opened; a null pointer if it cannot be. */
const onednn_api *onednn(void);

typedef struct onednn_node {
    const void *spec;
    const void *weights;
    dnnl_primitive_t primitive;
    dnnl_memory_t x;
    dnnl_memory_t weight; /* as the primitive wants it */
    dnnl_memory_t bias;
    dnnl_memory_t y;
    struct onednn_node *next;
} onednn_node;

/* The node made before for this spec and weights, or a null pointer. */
onednn_node *onednn_find(const void *spec, const void *weights);

/* What a node consists of; weights and bias may be null. `weight` describes the weights as they are given. */
typedef struct {
    const_dnnl_op_desc_t description;
    const dnnl_memory_desc_t *x;
    const dnnl_memory_desc_t *weight;
    const dnnl_memory_desc_t *bias;
    const dnnl_memory_desc_t *y;
    const lpdnn_activation *activation;
} onednn_parts;

/* A node of its own, its weights reordered; a null pointer if oneDNN cannot do it. */
onednn_node *onednn_make(const void *spec, const void *weights, const onednn_parts *parts);

LpdnnStatus onednn_run(const onednn_node *node, const void *x, const void *bias, void *y);

/* Whether the activation is done by the primitive itself. */
int onednn_fuses(const lpdnn_activation *f);

#endif
