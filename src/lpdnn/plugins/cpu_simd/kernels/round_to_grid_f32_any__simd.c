/* Rounding to the numbers that a format can hold. Constant: VL. */
#include "simd.h"

lpdnn_kernel LPDNN_KERNEL;

INLINE vf nearest(vf x, const float *grid)
{
    vf steps = smaller(larger(x * grid[1], splat(grid[2])), splat(grid[3]));
    vf half = choose(steps < 0.0f, splat(-0.5f), splat(0.5f));

    return grid[0] * __builtin_convertvector(__builtin_convertvector(steps + half, vi), vf);
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_round_to_grid_spec *s = spec;
    const float *x = in[LPDNN_ROUND_TO_GRID_X];       /* [count] */
    const float *grid = in[LPDNN_ROUND_TO_GRID_GRID]; /* scale, 1 / scale, least, greatest step */
    float *y = out[0];                                /* [count], may be x */
    lpdnn_s32 i;

    (void)workspace;
    if (grid[0] == 0.0f) {
        if (y != x) {
            __builtin_memcpy(y, x, (lpdnn_size)s->count * sizeof(float));
        }
        return LPDNN_OK;
    }
    for (i = 0; i + VL <= s->count; i += VL) {
        store(y + i, nearest(load(x + i), grid));
    }
    store_part(y + i, nearest(load_part(x + i, s->count - i), grid), s->count - i);
    return LPDNN_OK;
}
