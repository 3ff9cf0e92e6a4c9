/* Opens oneDNN; makes, keeps and runs the primitives of nodes, in one thread. */
#include "onednn.h"

#include "lpdnn_libraries.h"
#include "lpdnn_library.h"

#include <stdlib.h>

typedef void threads_function(int count);

static onednn_api api;
static onednn_node *known;

const onednn_api *onednn(void)
{
    static const char *const paths[] = {LPDNN_PASTE(LPDNN_PATHS_, LPDNN_LIBRARY), 0};
    static int tried;
    threads_function *threads;
    void *library;
    int all = 1;

    if (tried) {
        return api.stream ? &api : 0;
    }
    tried = 1;
    library = lpdnn_library_open("oneDNN", LPDNN_PASTE(LPDNN_VARIABLE_, LPDNN_LIBRARY), paths);
    /* Debian's build runs on OpenMP, which is found through the library that needs it. */
    threads = (threads_function *)lpdnn_library_symbol(library, "omp_set_num_threads", 0);
    if (threads) {
        threads(1);
    }
#define LOAD(name)                                                                                           \
    api.name = (__typeof__(name) *)lpdnn_library_symbol(library, #name, 0);                                  \
    all = all && api.name;
    ONEDNN_FUNCTIONS(LOAD)
#undef LOAD
    if (!all || api.dnnl_engine_create(&api.engine, dnnl_cpu, 0) != dnnl_success ||
        api.dnnl_stream_create(&api.stream, api.engine, dnnl_stream_default_flags) != dnnl_success) {
        api.stream = 0;
    }
    return api.stream ? &api : 0;
}

onednn_node *onednn_find(const void *spec, const void *weights)
{
    onednn_node *node;

    for (node = known; node; node = node->next) {
        if (node->spec == spec && node->weights == weights) {
            return node;
        }
    }
    return 0;
}

int onednn_fuses(const lpdnn_activation *f)
{
    return f->kind == LPDNN_ACTIVATION_IDENTITY || f->kind == LPDNN_ACTIVATION_RELU ||
           f->kind == LPDNN_ACTIVATION_CLIP;
}

/* The attributes that apply an activation; a null pointer for none. */
static dnnl_primitive_attr_t attributes(const lpdnn_activation *f)
{
    const int relu = f && f->kind == LPDNN_ACTIVATION_RELU;
    dnnl_primitive_attr_t attr = 0;
    dnnl_post_ops_t after = 0;

    if ((relu || (f && f->kind == LPDNN_ACTIVATION_CLIP)) &&
        api.dnnl_primitive_attr_create(&attr) == dnnl_success &&
        api.dnnl_post_ops_create(&after) == dnnl_success) {
        api.dnnl_post_ops_append_eltwise(after, 1.0f, relu ? dnnl_eltwise_relu : dnnl_eltwise_clip, f->alpha,
                                         f->beta);
        api.dnnl_primitive_attr_set_post_ops(attr, after);
        api.dnnl_post_ops_destroy(after);
    }
    return attr;
}

/* Weights as a primitive wants them, copied into memory of oneDNN's own. */
static dnnl_status_t reorder(const dnnl_memory_desc_t *given, const void *weights,
                             const dnnl_memory_desc_t *wanted, dnnl_memory_t *result)
{
    dnnl_memory_t from = 0;
    dnnl_primitive_desc_t description = 0;
    dnnl_primitive_t copy = 0;
    dnnl_status_t status = api.dnnl_memory_create(&from, given, api.engine, (void *)weights);

    if (status == dnnl_success) {
        status = api.dnnl_memory_create(result, wanted, api.engine, DNNL_MEMORY_ALLOCATE);
    }
    if (status == dnnl_success) {
        status =
            api.dnnl_reorder_primitive_desc_create(&description, given, api.engine, wanted, api.engine, 0);
    }
    if (status == dnnl_success) {
        status = api.dnnl_primitive_create(&copy, description);
    }
    if (status == dnnl_success) {
        const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, *result}};

        status = api.dnnl_primitive_execute(copy, api.stream, 2, arguments);
        api.dnnl_stream_wait(api.stream);
    }
    api.dnnl_primitive_destroy(copy);
    api.dnnl_primitive_desc_destroy(description);
    api.dnnl_memory_destroy(from);
    return status;
}

static dnnl_status_t fill(onednn_node *node, const onednn_parts *parts, dnnl_primitive_desc_t description)
{
    dnnl_status_t status = api.dnnl_primitive_create(&node->primitive, description);

    if (status == dnnl_success) {
        status = api.dnnl_memory_create(&node->x, parts->x, api.engine, DNNL_MEMORY_NONE);
    }
    if (status == dnnl_success) {
        status = api.dnnl_memory_create(&node->y, parts->y, api.engine, DNNL_MEMORY_NONE);
    }
    if (status == dnnl_success && parts->bias) {
        status = api.dnnl_memory_create(&node->bias, parts->bias, api.engine, DNNL_MEMORY_NONE);
    }
    if (status == dnnl_success && parts->weight) {
        status =
            reorder(parts->weight, node->weights,
                    api.dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0), &node->weight);
    }
    return status;
}

onednn_node *onednn_make(const void *spec, const void *weights, const onednn_parts *parts)
{
    onednn_node *node = calloc(1, sizeof *node);
    dnnl_primitive_attr_t attr = attributes(parts->activation);
    dnnl_primitive_desc_t description = 0;

    if (node) {
        node->spec = spec;
        node->weights = weights;
        if (api.dnnl_primitive_desc_create(&description, parts->description, attr, api.engine, 0) !=
                dnnl_success ||
            fill(node, parts, description) != dnnl_success) {
            api.dnnl_primitive_destroy(node->primitive);
            api.dnnl_memory_destroy(node->x);
            api.dnnl_memory_destroy(node->y);
            api.dnnl_memory_destroy(node->bias);
            api.dnnl_memory_destroy(node->weight);
            free(node);
            node = 0;
        } else {
            node->next = known;
            known = node;
        }
    }
    api.dnnl_primitive_desc_destroy(description);
    api.dnnl_primitive_attr_destroy(attr);
    return node;
}

LpdnnStatus onednn_run(const onednn_node *node, const void *x, const void *bias, void *y)
{
    dnnl_exec_arg_t arguments[4] = {{DNNL_ARG_SRC, 0}, {DNNL_ARG_DST, 0}};
    int count = 2;

    if (!node) {
        return LPDNN_ERROR_KERNEL;
    }
    arguments[0].memory = node->x;
    arguments[1].memory = node->y;
    api.dnnl_memory_set_data_handle(node->x, (void *)x);
    api.dnnl_memory_set_data_handle(node->y, y);
    if (node->weight) {
        arguments[count].arg = DNNL_ARG_WEIGHTS;
        arguments[count++].memory = node->weight;
    }
    if (node->bias) {
        api.dnnl_memory_set_data_handle(node->bias, (void *)bias);
        arguments[count].arg = DNNL_ARG_BIAS;
        arguments[count++].memory = node->bias;
    }
    if (api.dnnl_primitive_execute(node->primitive, api.stream, count, arguments) != dnnl_success) {
        return LPDNN_ERROR_KERNEL;
    }
    api.dnnl_stream_wait(api.stream);
    return LPDNN_OK;
}
