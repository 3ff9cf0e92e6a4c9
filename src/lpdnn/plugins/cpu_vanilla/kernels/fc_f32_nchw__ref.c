/* Fully connected layer: a dot product for every output. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_fc_f32_nchw__ref;

#define LANES 16
#define RUN 512

/* Of at most RUN terms; the lanes fill vector registers. */
static float short_dot(const float *a, const float *b, lpdnn_s32 count)
{
    float sums[LANES];
    float sum = 0.0f;
    lpdnn_s32 i, lane;

    for (lane = 0; lane < LANES; lane++) {
        sums[lane] = 0.0f;
    }
    for (i = 0; i + LANES <= count; i += LANES) {
        for (lane = 0; lane < LANES; lane++) {
            sums[lane] += a[i + lane] * b[i + lane];
        }
    }
    for (; i < count; i++) {
        sum += a[i] * b[i];
    }
    for (lane = 0; lane < LANES; lane++) {
        sum += sums[lane];
    }
    return sum;
}

/* Sums of short runs: 25088 equal terms in one sum would be off by more than 1e-4. */
static float dot(const float *a, const float *b, lpdnn_s32 count)
{
    float sum = 0.0f;
    lpdnn_s32 first;

    for (first = 0; first < count; first += RUN) {
        sum += short_dot(a + first, b + first, count - first < RUN ? count - first : RUN);
    }
    return sum;
}

LpdnnStatus lpdnn_fc_f32_nchw__ref(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_spec *s = spec;
    const float *x = in[LPDNN_FC_X];           /* [N][K] */
    const float *weight = in[LPDNN_FC_WEIGHT]; /* [M][K] */
    const float *bias = in[LPDNN_FC_BIAS];     /* [M] or null */
    float *y = out[0];                         /* [N][M] */
    lpdnn_s32 n, m;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        for (m = 0; m < s->outputs; m++) {
            float sum = dot(x + n * s->inputs, weight + m * s->inputs, s->inputs);

            y[n * s->outputs + m] = lpdnn_activate(&s->activation, bias ? sum + bias[m] : sum);
        }
    }
    return LPDNN_OK;
}
