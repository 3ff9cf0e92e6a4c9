/* A function of every 8-bit value, by its table in 4 registers. For AVX-512 VBMI. */
#ifndef LPDNN_KERNEL
#define LPDNN_KERNEL lpdnn_qlut_s8_any__simd
#endif
#include "lpdnn_ops.h"

#include <immintrin.h>

lpdnn_kernel LPDNN_KERNEL;

#define STEP 64

/* table[x - least] of the first `count` bytes of x; y may be x. */
static inline void look_up(const lpdnn_u8 *x, lpdnn_u8 *y, const __m512i table[4], __m512i least, int count)
{
    __mmask64 present = count < STEP ? ((__mmask64)1 << count) - 1 : ~(__mmask64)0;
    __m512i place = _mm512_sub_epi8(_mm512_maskz_loadu_epi8(present, x), least);
    __m512i lower = _mm512_permutex2var_epi8(table[0], place, table[1]);
    __m512i upper = _mm512_permutex2var_epi8(table[2], place, table[3]);

    _mm512_mask_storeu_epi8(y, present, _mm512_mask_blend_epi8(_mm512_movepi8_mask(place), lower, upper));
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_qlut_spec *s = spec;
    const lpdnn_u8 *x = in[LPDNN_QLUT_X];                     /* [count] */
    const char *entries = (const char *)in[LPDNN_QLUT_TABLE]; /* [256] */
    lpdnn_u8 *y = out[0];                                     /* [count], may be x */
    const __m512i least = _mm512_set1_epi8((char)s->least);
    __m512i table[4];
    lpdnn_s32 i;

    (void)workspace;
    for (i = 0; i < 4; i++) {
        table[i] = _mm512_loadu_si512(entries + i * STEP);
    }
    for (i = 0; i + STEP <= s->count; i += STEP) {
        look_up(x + i, y + i, table, least, STEP);
    }
    if (i < s->count) {
        look_up(x + i, y + i, table, least, s->count - i);
    }
    return LPDNN_OK;
}
