/* The tables that generated files consist of. Applications only pass pointers to them around. */
#ifndef LPDNN_NETWORK_H
#define LPDNN_NETWORK_H

#include "lpdnn_blob.h"
#include "lpdnn_dtypes.h"
#include "lpdnn_kernel.h"

/* What a definition begins with whose object is to lie at a multiple of `bytes`: C89 has no word for it. */
#if defined(__GNUC__)
#define LPDNN_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(_MSC_VER)
#define LPDNN_ALIGNED(bytes) __declspec(align(bytes))
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define LPDNN_ALIGNED(bytes) _Alignas(bytes)
#endif

/* Where an operand is: an offset into the arena, or one of the model's tensors, or nowhere. */
#define LPDNN_TENSOR(index) (-2 - (index))
#define LPDNN_ABSENT (-1)

/* One kernel call; operands are the inputs, then the outputs. */
typedef struct {
    lpdnn_kernel *kernel;
    const void *spec;
    const lpdnn_s32 *operands;
    lpdnn_s32 input_count;
    lpdnn_s32 output_count;
    lpdnn_s32 workspace; /* offset into the arena, or LPDNN_ABSENT */
} lpdnn_step;

typedef struct {
    const char *name;
    LpdnnDataType type;
    LpdnnLayout layout;
    lpdnn_s32 integer_length; /* [IL.FL], both 0 where it is none */
    lpdnn_s32 fraction_length;
    float scale; /* real = scale * (q - zero_point) */
    lpdnn_s32 zero_point;
    lpdnn_s32 rank;
    const lpdnn_s32 *shape; /* in N, C, H, W order whatever the layout */
    lpdnn_s32 operand;
} lpdnn_blob_spec;

struct LpdnnBlob {
    const lpdnn_blob_spec *spec;
    void *data;
};

/* A network: its steps, its inputs and outputs, and the memory that it works in. */
typedef struct {
    const char *name;
    lpdnn_u32 fingerprint; /* equal in the model that belongs to it */
    lpdnn_s32 step_count;
    const lpdnn_step *steps;
    lpdnn_s32 input_count;
    lpdnn_s32 output_count;
    const lpdnn_blob_spec *blob_specs; /* inputs, then outputs */
    LpdnnBlob *blobs;                  /* one for each of blob_specs */
    lpdnn_s32 tensor_count;
    unsigned char *arena;
    lpdnn_size arena_size;
    const void **inputs; /* the operands of the step that runs */
    void **outputs;
} LpdnnNetParams;

/* A network's weights. */
typedef struct {
    lpdnn_u32 fingerprint;
    lpdnn_s32 tensor_count;
    const void *const *tensors;
} LpdnnNetModel;

#endif
