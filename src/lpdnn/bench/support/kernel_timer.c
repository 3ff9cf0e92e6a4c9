/* Times one kernel, and the core's peak beside it. */
#define _POSIX_C_SOURCE 199309L
#include "lpdnn_ops.h"

#include <time.h>

#ifndef VL
#if defined(__AVX512F__)
#define VL 16
#elif defined(__AVX__)
#define VL 8
#else
#define VL 4
#endif
#endif

typedef float vf __attribute__((vector_size(4 * VL)));

double seconds(lpdnn_kernel *kernel, const void *spec, const void *const *in, void *const *out,
               void *workspace, long calls);
double peak(long rounds);
double bandwidth(const float *data, long bytes, long rounds);
double clock_overhead(void);
double once(lpdnn_kernel *kernel, const void *spec, const void *const *in, void *const *out, void *workspace,
            const char *others, long other_bytes, char *const *warm, const long *warm_bytes, long warm_count);

/* Time that this thread ran: others on the same core do not count, but for what they do to its caches. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The time of one of so many calls. */
double seconds(lpdnn_kernel *kernel, const void *spec, const void *const *in, void *const *out,
               void *workspace, long calls)
{
    double start = now();
    long i;

    for (i = 0; i < calls; i++) {
        if (kernel(spec, in, out, workspace) != LPDNN_OK) {
            return -1.0;
        }
    }
    return (now() - start) / (double)calls;
}

/* What reading the clock takes, which is part of every time. */
double clock_overhead(void)
{
    double least = 1.0;
    int i;

    for (i = 0; i < 1000; i++) {
        double start = now();
        double taken = now() - start;

        least = taken < least ? taken : least;
    }
    return least;
}

/* The time of one call as a network makes it: since the last one, the caches saw what the other layers read;
   what the activations lie on (`warm`, the input last) was written a moment ago. */
double once(lpdnn_kernel *kernel, const void *spec, const void *const *in, void *const *out, void *workspace,
            const char *others, long other_bytes, char *const *warm, const long *warm_bytes, long warm_count)
{
    volatile char sink = 0;
    double start;
    long i;
    long j;

    for (i = 0; i < other_bytes; i += 64) {
        sink = others[i];
    }
    for (i = 0; i < warm_count; i++) {
        volatile char *bytes = warm[i];

        for (j = 0; j < warm_bytes[i]; j += 64) {
            bytes[j] = bytes[j];
        }
    }
    (void)sink;
    start = now();
    if (kernel(spec, in, out, workspace) != LPDNN_OK) {
        return -1.0;
    }
    return now() - start;
}

/* Floating-point operations a second of 12 independent chains of multiply-adds in registers. */
double peak(long rounds)
{
    vf a[12];
    vf m = (vf){0} + 0.5f;
    double start;
    long i;
    int j;

    for (j = 0; j < 12; j++) {
        a[j] = (vf){0} + (float)j;
    }
    __asm__ volatile("" : "+v"(m));
    start = now();
    for (i = 0; i < rounds; i++) {
#pragma GCC unroll 12
        for (j = 0; j < 12; j++) {
            a[j] = a[j] * m + m;
        }
    }
#pragma GCC unroll 12
    for (j = 0; j < 12; j++) {
        __asm__ volatile("" : "+v"(a[j]));
    }
    return 2.0 * VL * 12 * (double)rounds / (now() - start);
}

/* Bytes a second of reading so many, a multiple of 512, again and again, in order. */
double bandwidth(const float *data, long bytes, long rounds)
{
    const vf *v = (const vf *)data;
    vf sum[8] = {{0}};
    double start = now();
    long vectors = bytes / (long)sizeof(vf);
    long i, round;
    int j;

    for (round = 0; round < rounds; round++) {
        for (i = 0; i < vectors; i += 8) {
#pragma GCC unroll 8
            for (j = 0; j < 8; j++) {
                sum[j] += v[i + j];
            }
        }
    }
#pragma GCC unroll 8
    for (j = 0; j < 8; j++) {
        __asm__ volatile("" : "+v"(sum[j]));
    }
    return (double)bytes * (double)rounds / (now() - start);
}
