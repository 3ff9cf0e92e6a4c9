/* From nhwc to nchw, 8 bits an element. Constants: ROWS, COLUMNS: of the matrix [P][C] that is transposed. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_convert_s8_nhwc_nchw__simd
#endif
#include "transpose_bytes.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_convert_spec *s = spec;
    const lpdnn_u8 *x = in[LPDNN_CONVERT_X]; /* [N][ROWS][COLUMNS] */
    lpdnn_u8 *y = out[0];                    /* [N][COLUMNS][ROWS] */
    lpdnn_s32 n;

    (void)workspace;
    for (n = 0; n < s->batch; n++) {
        transpose(x + n * ROWS * COLUMNS, y + n * ROWS * COLUMNS);
    }
    return LPDNN_OK;
}
