/* Rounding to the numbers that a format can hold. */
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_round_to_grid_f32_nchw__ref;

LpdnnStatus lpdnn_round_to_grid_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                              void *workspace)
{
    const lpdnn_round_to_grid_spec *s = spec;
    const float *x = in[LPDNN_ROUND_TO_GRID_X];       /* [count] */
    const float *grid = in[LPDNN_ROUND_TO_GRID_GRID]; /* scale, 1 / scale, least, greatest step */
    float *y = out[0];                                /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        float steps = x[i] * grid[1];

        if (grid[0] == 0.0f) {
            y[i] = x[i];
            continue;
        }
        steps = steps > grid[2] ? steps : grid[2];
        steps = steps < grid[3] ? steps : grid[3];
        y[i] = grid[0] * (float)(lpdnn_s32)(steps + (steps < 0.0f ? -0.5f : 0.5f));
    }
    return LPDNN_OK;
}
