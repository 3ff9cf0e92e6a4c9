/* Opens NNPACK, calls its convolution, keeps transformed kernels. */
#include "nnpack.h"

#include "lpdnn_libraries.h"
#include "lpdnn_library.h"

#include <stdlib.h>

enum {
    IDENTITY = 0,
    RELU = 1
};
enum {
    COMPUTE = 1,
    PRECOMPUTE = 2,
    REUSE = 3
};
enum {
    IMPLICIT_GEMM = 4,
    DIRECT = 5
};

typedef struct {
    size_t width;
    size_t height;
} extent;

typedef struct {
    size_t top;
    size_t right;
    size_t bottom;
    size_t left;
} border;

typedef int initialize_function(void);
typedef int convolution_function(int algorithm, int strategy, size_t channels, size_t filters, extent input,
                                 border padding, extent kernel, extent stride, const float *x,
                                 const float *weight, const float *bias, float *y, void *workspace,
                                 size_t *workspace_size, int activation, const void *parameters,
                                 void *threads, void *profile);

/* A node's kernels as an algorithm wants them. */
typedef struct transformed {
    const lpdnn_conv2d_spec *spec;
    const float *weight;
    int algorithm;
    float *kernels;
    struct transformed *next;
} transformed;

static convolution_function *convolution;
static transformed *known;
static void *scratch;
static size_t scratch_size;

static int ready(void)
{
    static const char *const paths[] = {LPDNN_PASTE(LPDNN_PATHS_, LPDNN_LIBRARY), 0};
    initialize_function *initialize;
    void *library;

    if (convolution) {
        return 1;
    }
    library = lpdnn_library_open("nnpack", LPDNN_PASTE(LPDNN_VARIABLE_, LPDNN_LIBRARY), paths);
    initialize = (initialize_function *)lpdnn_library_symbol(library, "nnp_initialize", 0);
    if (initialize && initialize() == 0) {
        convolution = (convolution_function *)lpdnn_library_symbol(library, "nnp_convolution_inference", 0);
    }
    return convolution != 0;
}

static void *block(size_t size)
{
    void *memory = 0;

    return posix_memalign(&memory, 64, size ? size : 64) ? 0 : memory;
}

static int call(int algorithm, int strategy, const lpdnn_conv2d_spec *s, const float *x, const float *weight,
                const float *bias, float *y, void *workspace, size_t *size)
{
    const extent input = {(size_t)s->width, (size_t)s->height};
    const extent kernel = {(size_t)s->kernel_w, (size_t)s->kernel_h};
    const extent stride = {(size_t)s->stride[1], (size_t)s->stride[0]};
    const border padding = {(size_t)s->padding[0], (size_t)s->padding[3], (size_t)s->padding[2],
                            (size_t)s->padding[1]};
    const int relu = s->activation.kind == LPDNN_ACTIVATION_RELU && s->activation.alpha == 0.0f;

    return convolution(algorithm, strategy, (size_t)s->channels, (size_t)s->filters, input, padding, kernel,
                       stride, x, weight, bias, y, workspace, size, relu ? RELU : IDENTITY, 0, 0, 0);
}

/* The kernels of a node, transformed; a null pointer if there is no memory for them. */
static const float *kernels_of(int algorithm, const lpdnn_conv2d_spec *s, const float *x, const float *weight,
                               const float *bias, float *y)
{
    transformed *t;
    size_t size = 0;

    for (t = known; t; t = t->next) {
        if (t->spec == s && t->weight == weight && t->algorithm == algorithm) {
            return t->kernels;
        }
    }
    t = malloc(sizeof *t);
    if (!t) {
        return 0;
    }
    t->spec = s;
    t->weight = weight;
    t->algorithm = algorithm;
    t->kernels = call(algorithm, PRECOMPUTE, s, x, weight, bias, y, 0, &size) == 0 ? block(size) : 0;
    if (!t->kernels || call(algorithm, PRECOMPUTE, s, x, weight, bias, y, t->kernels, &size) != 0) {
        free(t->kernels);
        free(t);
        return 0;
    }
    t->next = known;
    known = t;
    return t->kernels;
}

static int enough_scratch(size_t size)
{
    if (size > scratch_size || !scratch) {
        free(scratch);
        scratch = block(size);
        scratch_size = scratch ? size : 0;
    }
    return scratch != 0;
}

LpdnnStatus nnpack_convolve(int algorithm, const lpdnn_conv2d_spec *s, const float *x, const float *weight,
                            const float *bias, float *y)
{
    const int plain = algorithm == IMPLICIT_GEMM || algorithm == DIRECT;
    const int strategy = plain ? COMPUTE : REUSE;
    size_t size = 0;
    lpdnn_s32 n;

    if (!ready()) {
        return LPDNN_ERROR_KERNEL;
    }
    if (!plain) {
        weight = kernels_of(algorithm, s, x, weight, bias, y);
    }
    if (!weight || call(algorithm, strategy, s, x, weight, bias, y, 0, &size) != 0 || !enough_scratch(size)) {
        return LPDNN_ERROR_KERNEL;
    }
    for (n = 0; n < s->batch; n++) {
        const float *image = x + n * s->channels * s->height * s->width;
        float *result = y + n * s->filters * s->out_height * s->out_width;

        size = scratch_size;
        if (call(algorithm, strategy, s, image, weight, bias, result, scratch, &size) != 0) {
            return LPDNN_ERROR_KERNEL;
        }
    }
    return LPDNN_OK;
}
