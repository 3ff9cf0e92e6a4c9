/* What a kernel may use: its one signature, and the arithmetic that C89 does not bring along. */
#ifndef LPDNN_KERNEL_H
#define LPDNN_KERNEL_H

#include "lpdnn_dtypes.h"

/* Every kernel: geometry and attributes in `spec` (the lpdnn_<op>_spec of lpdnn_ops.h), operands in the order of
   LPDNN_<OP>_<INPUT>, an absent optional operand as a null pointer, and the workspace that its manifest asked for. */
typedef LpdnnStatus lpdnn_kernel(const void *spec, const void *const *in, void *const *out, void *workspace);

/* A scalar function that an activation node computes, or that another kernel applies before it stores. */
typedef struct {
    lpdnn_s32 kind; /* LPDNN_ACTIVATION_... of lpdnn_ops.h */
    float alpha;
    float beta;
} lpdnn_activation;

float lpdnn_activate(const lpdnn_activation *f, float x);

/* At most 2 ulp for exp and sqrt, 4 ulp for the rest; infinities and NaN as in C99's Annex F. */
float lpdnn_expf(float x);
float lpdnn_logf(float x);
float lpdnn_powf(float x, float y);
float lpdnn_tanhf(float x);
float lpdnn_sqrtf(float x);
/* 1 - erf(x), to 2e-6 of itself. */
float lpdnn_erfcf(float x);

/* How lpdnn_rescale rounds: `rounding` of the operators' specs. */
enum {
    LPDNN_ROUND_SINGLE = 0, /* once, to the nearest, ties away from zero */
    LPDNN_ROUND_DOUBLE = 1, /* as TensorFlow Lite's reference kernels do */
    LPDNN_ROUND_FLOAT = 2   /* as single precision does, ties to even */
};

/* x * multiplier * 2^(shift - 31), within +-(2^31 - 1); multiplier from 0 to 2^31 - 1. See lpdnn.ir.fixed. */
lpdnn_s32 lpdnn_rescale(lpdnn_s32 x, lpdnn_s32 multiplier, lpdnn_s32 shift, lpdnn_s32 rounding);

/* high * 2^16 + low: a sum of at most 65536 products of 16 bits, each in its two halves. */
typedef struct {
    lpdnn_s32 high;
    lpdnn_u32 low;
} lpdnn_wide;

/* The same for such a sum, rounded once; ties go up for LPDNN_ROUND_DOUBLE, else away from zero. */
lpdnn_s32 lpdnn_rescale_wide(lpdnn_wide x, lpdnn_s32 multiplier, lpdnn_s32 shift, lpdnn_s32 rounding);
/* x + zero within [low, high], whatever x is; the others are within 16 bits. */
lpdnn_s32 lpdnn_clamp(lpdnn_s32 x, lpdnn_s32 zero, lpdnn_s32 low, lpdnn_s32 high);

#endif
