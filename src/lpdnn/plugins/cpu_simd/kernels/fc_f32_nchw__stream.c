/* Fully connected layer: weights stream through once, panel after panel of outputs, in the order of memory.

   Constants: VL; INPUTS, OUTPUTS, BATCH; PANEL: vectors of outputs in a panel; SPLIT: inputs side by side, where one panel
   is too narrow to hide the latency of its sums; BIAS, ACTIVATION. */
#include "simd.h"

lpdnn_kernel LPDNN_KERNEL;

/* Inputs in a sum of their own: one long sum would round too often. */
#define RUN 512
/* Floats that are fetched ahead into the first level of cache, and into the second: hardware stops at the end of a page, and
   the first level has not enough lines under way for the distance to memory. */
#define AHEAD 512
#define FAR_AHEAD 4096
#define PANELS ((OUTPUTS + PANEL * VL - 1) / (PANEL * VL))
#define LAST_VECTORS ((OUTPUTS - (PANELS - 1) * PANEL * VL + VL - 1) / VL)

/* sums += x[count] * w[count][vectors * VL] */
INLINE void add_run(vf sums[PANEL], const float *x, const float *w, lpdnn_s32 count, int vectors)
{
    vf part[SPLIT][PANEL];
    lpdnn_s32 k;
    int i, v;

    UNROLL
    for (v = 0; v < vectors; v++) {
        UNROLL
        for (i = 0; i < SPLIT; i++) {
            part[i][v] = (vf){0};
        }
    }
    for (k = 0; k + SPLIT <= count; k += SPLIT) {
        UNROLL
        for (i = 0; i < SPLIT; i++) {
            UNROLL
            for (v = 0; v < vectors; v++) {
                __builtin_prefetch(w + AHEAD + ((k + i) * vectors + v) * VL);
                __builtin_prefetch(w + FAR_AHEAD + ((k + i) * vectors + v) * VL, 0, 2);
                part[i][v] += x[k + i] * load(w + ((k + i) * vectors + v) * VL);
            }
        }
    }
    for (; k < count; k++) {
        UNROLL
        for (v = 0; v < vectors; v++) {
            part[0][v] += x[k] * load(w + (k * vectors + v) * VL);
        }
    }
    UNROLL
    for (v = 0; v < vectors; v++) {
        UNROLL
        for (i = 0; i < SPLIT; i++) {
            sums[v] += part[i][v];
        }
    }
}

/* One panel of one row: x [INPUTS], w [INPUTS][vectors * VL]; `count` outputs are stored. */
INLINE void panel(const float *x, const float *w, const float *bias, float *y, const lpdnn_activation *f,
                  int vectors, int count)
{
    vf sums[PANEL];
    lpdnn_s32 first;
    int v;

    for (v = 0; v < vectors; v++) {
        sums[v] = BIAS ? load(bias + v * VL) : (vf){0};
    }
    for (first = 0; first < INPUTS; first += RUN) {
        add_run(sums, x + first, w + first * vectors * VL, least(RUN, INPUTS - first), vectors);
    }
    UNROLL
    for (v = 0; v < vectors; v++) {
        store_part(y + v * VL, activate(ACTIVATION, f, sums[v]), v == vectors - 1 ? count - v * VL : VL);
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    const float *x = in[LPDNN_FC_X];       /* [N][K] */
    const float *w = in[LPDNN_FC_WEIGHT];  /* [PANELS][K][PANEL * VL], of the last panel only its vectors */
    const float *bias = in[LPDNN_FC_BIAS]; /* [PANELS][PANEL * VL] or null */
    float *y = out[0];                     /* [N][M] */
    lpdnn_s32 p, n;

    (void)workspace;
    for (p = LPDNN_SHARE_FIRST(PANELS); p < LPDNN_SHARE_END(PANELS); p++) {
        for (n = 0; n < BATCH; n++) {
            const float *row = x + n * INPUTS;
            const float *b = BIAS ? bias + p * PANEL * VL : 0;
            const float *weights = w + (lpdnn_size)p * PANEL * VL * INPUTS;
            float *to = y + n * OUTPUTS + p * PANEL * VL;

            if (p < PANELS - 1) {
                panel(row, weights, b, to, &s->activation, PANEL, PANEL * VL);
            } else {
                panel(row, weights, b, to, &s->activation, LAST_VECTORS, OUTPUTS - (PANELS - 1) * PANEL * VL);
            }
        }
    }
    return LPDNN_OK;
}
