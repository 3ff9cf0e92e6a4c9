/* Applies the runtime's rescaling to arrays, so that a test can call it by the thousand. */
#include "lpdnn_kernel.h"

void rescale_array(const lpdnn_s32 *x, const lpdnn_s32 *multiplier, const lpdnn_s32 *shift,
                   lpdnn_s32 rounding, lpdnn_s32 *y, lpdnn_size count);
void rescale_wide_array(const lpdnn_wide *x, const lpdnn_s32 *multiplier, const lpdnn_s32 *shift,
                        lpdnn_s32 rounding, lpdnn_s32 *y, lpdnn_size count);

void rescale_array(const lpdnn_s32 *x, const lpdnn_s32 *multiplier, const lpdnn_s32 *shift,
                   lpdnn_s32 rounding, lpdnn_s32 *y, lpdnn_size count)
{
    lpdnn_size i;

    for (i = 0; i < count; i++) {
        y[i] = lpdnn_rescale(x[i], multiplier[i], shift[i], rounding);
    }
}

void rescale_wide_array(const lpdnn_wide *x, const lpdnn_s32 *multiplier, const lpdnn_s32 *shift,
                        lpdnn_s32 rounding, lpdnn_s32 *y, lpdnn_size count)
{
    lpdnn_size i;

    for (i = 0; i < count; i++) {
        y[i] = lpdnn_rescale_wide(x[i], multiplier[i], shift[i], rounding);
    }
}
