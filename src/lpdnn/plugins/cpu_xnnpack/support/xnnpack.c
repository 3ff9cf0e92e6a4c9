/* Opens XNNPACK, keeps operators. */
#include "xnnpack.h"

#include "lpdnn_libraries.h"
#include "lpdnn_library.h"

#include <stdlib.h>

typedef struct entry {
    const void *spec;
    const void *weights;
    xnnpack_operator made;
    struct entry *next;
} entry;

static entry *known;

const xnnpack_api *xnnpack(void)
{
    static const char *const paths[] = {LPDNN_PASTE(LPDNN_PATHS_, LPDNN_LIBRARY), 0};
    static xnnpack_api api;
    static int tried;
    xnnpack_initialize *initialize;
    void *library;

    if (tried) {
        return api.run ? &api : 0;
    }
    tried = 1;
    library = lpdnn_library_open("XNNPACK", LPDNN_PASTE(LPDNN_VARIABLE_, LPDNN_LIBRARY), paths);
    initialize = (xnnpack_initialize *)lpdnn_library_symbol(library, "xnn_initialize", 0);
#define LOAD(member, name) api.member = (__typeof__(api.member))lpdnn_library_symbol(library, name, 0)
    LOAD(create_convolution, "xnn_create_convolution2d_nhwc_f32");
    LOAD(create_connected, "xnn_create_fully_connected_nc_f32");
    LOAD(create_pool, "xnn_create_max_pooling2d_nhwc_f32");
    LOAD(create_clamp, "xnn_create_clamp_nc_f32");
    LOAD(create_softmax, "xnn_create_softmax_nc_f32");
    LOAD(setup_convolution, "xnn_setup_convolution2d_nhwc_f32");
    LOAD(setup_pool, "xnn_setup_max_pooling2d_nhwc_f32");
    LOAD(setup_connected, "xnn_setup_fully_connected_nc_f32");
    LOAD(setup_clamp, "xnn_setup_clamp_nc_f32");
    LOAD(setup_softmax, "xnn_setup_softmax_nc_f32");
    if (initialize && initialize(0) == 0 && api.create_convolution && api.create_connected &&
        api.create_pool && api.create_clamp && api.create_softmax && api.setup_convolution &&
        api.setup_pool && api.setup_connected && api.setup_clamp && api.setup_softmax) {
        LOAD(run, "xnn_run_operator");
    }
#undef LOAD
    return api.run ? &api : 0;
}

xnnpack_operator *xnnpack_place(const void *spec, const void *weights)
{
    entry *e;

    for (e = known; e; e = e->next) {
        if (e->spec == spec && e->weights == weights) {
            return &e->made;
        }
    }
    e = calloc(1, sizeof *e);
    if (!e) {
        return 0;
    }
    e->spec = spec;
    e->weights = weights;
    e->next = known;
    known = e;
    return &e->made;
}

int xnnpack_limits(const lpdnn_activation *f, float *low, float *high)
{
    *low = -__builtin_inff();
    *high = __builtin_inff();
    if (f->kind == LPDNN_ACTIVATION_RELU && f->alpha == 0.0f) {
        *low = 0.0f;
        return 1;
    }
    if (f->kind == LPDNN_ACTIVATION_CLIP && f->alpha < f->beta) {
        *low = f->alpha;
        *high = f->beta;
        return 1;
    }
    return f->kind == LPDNN_ACTIVATION_IDENTITY;
}
