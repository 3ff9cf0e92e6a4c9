/* Runs one kernel over the cases of kernel_cases.c: reads inputs from argv[1], writes outputs to argv[2].
   Every operand has a block of its own of exactly its size, so that ASan sees each byte too far. */
#include "kernel_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPERANDS 64

static void *block(size_t bytes)
{
    void *memory = 0;

    if (posix_memalign(&memory, 64, bytes ? bytes : 1)) {
        exit(3);
    }
    memset(memory, 0xff, bytes); /* NaN as float: what a kernel forgets to write is seen */
    return memory;
}

/* One call; in place, the output is the block of the input that `takes_over` names. */
static int run(const kernel_case *c, FILE *input, FILE *output, int takes_over)
{
    void *in[MAX_OPERANDS];
    const void *operands[MAX_OPERANDS];
    void *out[MAX_OPERANDS];
    void *workspace = block(c->workspace);
    int i;
    int status;

    for (i = 0; i < c->input_count; i++) {
        in[i] = c->input_bytes[i] < 0 ? 0 : block((size_t)c->input_bytes[i]);
        if (in[i] && fread(in[i], 1, (size_t)c->input_bytes[i], input) != (size_t)c->input_bytes[i]) {
            return 4;
        }
        operands[i] = in[i];
    }
    for (i = 0; i < c->output_count; i++) {
        out[i] = takes_over >= 0 ? in[takes_over] : block((size_t)c->output_bytes[i]);
    }
    status = (int)c->kernel(c->spec, operands, out, workspace);
    for (i = 0; i < c->output_count; i++) {
        fwrite(out[i], 1, (size_t)c->output_bytes[i], output);
        if (takes_over < 0) {
            free(out[i]);
        }
    }
    for (i = 0; i < c->input_count; i++) {
        free(in[i]);
    }
    free(workspace);
    return status;
}

int main(int argc, char **argv)
{
    FILE *input = argc == 3 ? fopen(argv[1], "rb") : 0;
    FILE *output = argc == 3 ? fopen(argv[2], "wb") : 0;
    int i;

    if (!input || !output) {
        return 2;
    }
    for (i = 0; i < kernel_case_count; i++) {
        int status = run(&kernel_cases[i], input, output, kernel_cases[i].in_place);

        if (status) {
            fprintf(stderr, "case %d: status %d\n", i, status);
            return 1;
        }
    }
    fclose(input);
    return fclose(output) ? 5 : 0;
}
