/* Real numbers to integers, by the bits of the floats: nothing here needs floating point. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_quantize_s8_any__ref
#define LPDNN_ELEMENT lpdnn_s8
#endif

#include "lpdnn_ops.h"

void *memcpy(void *to, const void *from, size_t bytes);

lpdnn_kernel LPDNN_KERNEL;

#define EXPONENT 0xffu
#define INFINITE 0x7f800000u

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_quantize_spec *s = spec;
    const unsigned char *x = in[LPDNN_QUANTIZE_X]; /* float [count] */
    LPDNN_ELEMENT *y = out[0];                     /* [count] */
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < s->count; i++) {
        lpdnn_u32 bits, size;
        lpdnn_s32 exponent, mantissa, value;

        memcpy(&bits, x + (lpdnn_size)i * sizeof(float), sizeof bits);
        size = bits & 0x7fffffffu;
        exponent = (lpdnn_s32)(size >> 23 & EXPONENT);
        /* x = mantissa * 2^(exponent - 150); of subnormals the exponent is that of the least normal number */
        mantissa = (lpdnn_s32)(size & 0x7fffffu);
        mantissa = size > INFINITE ? 0 : exponent > 0 ? mantissa | 0x800000 : mantissa;
        value = lpdnn_rescale(bits == size ? mantissa : -mantissa, s->multiplier,
                              s->shift + (exponent > 0 ? exponent : 1) - 150, LPDNN_ROUND_SINGLE);
        y[i] = (LPDNN_ELEMENT)lpdnn_clamp(value, s->zero, s->low, s->high);
    }
    return LPDNN_OK;
}
