/* Cases of one kernel, as kernel_cases.c lists them. */
#ifndef KERNEL_CASES_H
#define KERNEL_CASES_H

#include "lpdnn_ops.h"

typedef struct {
    lpdnn_kernel *kernel;
    const void *spec;
    int input_count;
    int output_count;
    const long *input_bytes; /* -1 where absent */
    const long *output_bytes;
    size_t workspace;
    int in_place; /* the input that the output takes over, or -1 */
} kernel_case;

extern const kernel_case kernel_cases[];
extern const int kernel_case_count;

#endif
