/* The expected outputs of the golden test. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "lpdnn_dtypes.h"

typedef struct {
    const float *reals; /* every stride-th element */
    const lpdnn_s32 *integers; /* or these, of an output of integers */
    lpdnn_s32 count; /* elements of the whole output */
    lpdnn_s32 stride;
    float largest; /* magnitude */
} golden_output;

extern const golden_output golden_outputs[];
extern const float golden_tolerance;

#endif
