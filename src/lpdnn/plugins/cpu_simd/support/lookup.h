/* Weights looked up in a codebook: indices lie in 32-bit words, one for each lane, and tables in vector registers, so that
   a permutation of a register looks up a vector.

   Constants: VL; BITS of an index (1 to 8); VECTOR: weights in an entry; BYTE_PLANES. A
   word holds PER indices, the first in its low bits. A table is TABLE floats: with fewer entries than lanes, they are
   there several times, so that the bits above an index, which are the next one's, do not matter.

   BYTE_PLANES is 1 where bytes are permuted (BITS 8, VL 16): then a table is the first bytes of all 256 entries, the second
   bytes, and so on, and four indices of four lanes, a square of 16 bytes, lie in memory as the other way around. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "simd.h"

#define PER (32 / BITS)
#define ENTRIES (1 << BITS)
#define TABLE (ENTRIES < VL ? VL : ENTRIES)
#define TABLE_VECTORS (TABLE / VL)

typedef lpdnn_u32 vu __attribute__((vector_size(4 * VL)));
typedef lpdnn_u32 vu_anywhere __attribute__((vector_size(4 * VL), aligned(4), may_alias));

INLINE vu load_words(const lpdnn_u32 *w)
{
    return *(const vu_anywhere *)w;
}

#if VL == 16 && defined(__AVX512F__)
/* Lanes of a table of 2^BITS entries: pairs of registers by five bits of the indices, and one of them by each bit more. */
INLINE vf lookup(const float *table, vu indices)
{
    vf found[(TABLE_VECTORS + 1) / 2];
    int i, bit;

    if (BITS <= 4) {
        return (vf)_mm512_permutexvar_ps((__m512i)indices, (__m512)load(table));
    }
    UNROLL
    for (i = 0; i < TABLE_VECTORS / 2; i++) {
        found[i] = (vf)_mm512_permutex2var_ps((__m512)load(table + 2 * i * VL), (__m512i)indices,
                                              (__m512)load(table + (2 * i + 1) * VL));
    }
    UNROLL
    for (bit = 5; bit < BITS; bit++) {
        __mmask16 upper = _mm512_test_epi32_mask((__m512i)indices, _mm512_set1_epi32(1 << bit));

        UNROLL
        for (i = 0; i < 1 << (BITS - 1 - bit); i++) {
            found[i] = (vf)_mm512_mask_blend_ps(upper, (__m512)found[2 * i], (__m512)found[2 * i + 1]);
        }
    }
    return found[0];
}
#elif VL == 8 && defined(__AVX2__)
/* The same with registers of eight entries, up to 32; with more, from memory. */
INLINE vf lookup(const float *table, vu indices)
{
    vf found[4];
    int i, bit;

    if (BITS > 5) {
        return (vf)_mm256_i32gather_ps(table, (__m256i)(indices & (ENTRIES - 1)), 4);
    }
    UNROLL
    for (i = 0; i < TABLE_VECTORS && i < 4; i++) {
        found[i] = (vf)_mm256_permutevar8x32_ps((__m256)load(table + i * VL), (__m256i)indices);
    }
    UNROLL
    for (bit = 3; bit < BITS; bit++) {
        __m256 upper = (__m256)(indices << (31 - bit));

        UNROLL
        for (i = 0; i < 1 << (BITS - 1 - bit); i++) {
            found[i] = (vf)_mm256_blendv_ps((__m256)found[2 * i], (__m256)found[2 * i + 1], upper);
        }
    }
    return found[0];
}
#else
INLINE vf lookup(const float *table, vu indices)
{
    vf found;
    int lane;

    for (lane = 0; lane < VL; lane++) {
        found[lane] = table[indices[lane] % TABLE];
    }
    return found;
}
#endif

/* The entries that the four bytes of each lane of a word point to: w[i] is of the i-th bytes. */
#if BYTE_PLANES
INLINE void lookup_bytes(const float *table, vu indices, vf w[4])
{
    const __m512i *plane = (const __m512i *)table;
    __mmask64 upper = _mm512_movepi8_mask((__m512i)indices);
    __m512i bytes[4], low[2], high[2];
    int i;

    UNROLL
    for (i = 0; i < 4; i++) {
        __m512i first = _mm512_permutex2var_epi8(_mm512_loadu_si512(plane + 4 * i), (__m512i)indices,
                                                 _mm512_loadu_si512(plane + 4 * i + 1));
        __m512i last = _mm512_permutex2var_epi8(_mm512_loadu_si512(plane + 4 * i + 2), (__m512i)indices,
                                                _mm512_loadu_si512(plane + 4 * i + 3));

        bytes[i] = _mm512_mask_blend_epi8(upper, first, last);
    }
    UNROLL
    for (i = 0; i < 2; i++) {
        low[i] = _mm512_unpacklo_epi8(bytes[2 * i], bytes[2 * i + 1]);
        high[i] = _mm512_unpackhi_epi8(bytes[2 * i], bytes[2 * i + 1]);
    }
    w[0] = (vf)_mm512_unpacklo_epi16(low[0], low[1]);
    w[1] = (vf)_mm512_unpackhi_epi16(low[0], low[1]);
    w[2] = (vf)_mm512_unpacklo_epi16(high[0], high[1]);
    w[3] = (vf)_mm512_unpackhi_epi16(high[0], high[1]);
}
#endif

/* Weight i of a word whose bytes were looked up in w, or else are looked up here. */
INLINE vf looked_up(const float *table, vu indices, const vf *w, int i)
{
    return BYTE_PLANES ? w[i % 4] : lookup(table, indices >> (i * BITS));
}

/* The row of a panel that gets weight number `weight` of a filter: rows go tap by tap, and so do single weights; filters
   in entries of vectors go channel by channel. */
#define ROW(weight, taps, depth) (VECTOR == 1 ? (weight) : (weight) % (taps) * (depth) + (weight) / (taps))

/* Weights to [taps * depth][width * VL] of a panel of `vectors` (at most width) vectors of filters, out of `words`
   [..][vectors][VL] and the tables [VECTOR][TABLE] of its codebook. scale: a factor for each filter, or null for none. */
INLINE void decode(const lpdnn_u32 *words, const float *tables, const float *scale, float *to, lpdnn_s32 taps,
                   lpdnn_s32 depth, int width, int vectors)
{
    const lpdnn_s32 count = taps * depth / VECTOR;
    lpdnn_s32 first;
    int t, i, v;

    for (t = 0; t < VECTOR; t++) {
        const float *table = tables + t * TABLE;
        const lpdnn_u32 *from = words;

        for (first = 0; first < count; first += PER) {
            for (v = 0; v < vectors; v++, from += VL) {
                const vu indices = load_words(from);
                vf factor = scale ? load(scale + v * VL) : (vf){0};
                vf bytes[4];

#if BYTE_PLANES
                lookup_bytes(table, indices, bytes);
#endif
                UNROLL
                for (i = 0; i < PER; i++) {
                    if (i < count - first) {
                        vf w = looked_up(table, indices, bytes, i);

                        store(to + (ROW((first + i) * VECTOR + t, taps, depth) * width + v) * VL,
                              scale ? factor * w : w);
                    }
                }
            }
        }
    }
}

#endif
