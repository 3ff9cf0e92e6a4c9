/* A ReLU that behaves well, crashes, refuses, does not compile or takes its time, once or always, as WAY says. */
#include "lpdnn_ops.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_activation_spec *s = spec;
    const float *x = in[LPDNN_ACTIVATION_X]; /* [count] */
    float *y = out[0];                       /* [count] */
    static int called;
    lpdnn_s32 i;
    int again;

    (void)workspace;
#if WAY == 1
    *(volatile int *)0 = 1;
#elif WAY == 2
    return LPDNN_ERROR_ARGUMENT;
#elif WAY == 3
    does not compile
#endif
    for (again = 0; again < (WAY == 4 || (WAY == 5 && !called) ? 300 : 1); again++) {
        for (i = 0; i < s->count; i++) {
            ((volatile float *)y)[i] = x[i] > 0.0f ? x[i] : 0.0f;
        }
    }
    called = 1;
    return LPDNN_OK;
}
