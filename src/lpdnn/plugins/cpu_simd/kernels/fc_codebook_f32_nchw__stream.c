/* Fully connected layer with weights in a codebook: packed indices stream through once, panel after panel of outputs, and
   weights are looked up in registers where they are multiplied.

   Constants: VL; INPUTS, OUTPUTS, BATCH; BOOKS; BITS, VECTOR, SCALED, BYTE_PLANES: lookup.h; PANEL: vectors of outputs in a panel;
   SPLIT: sums side by side for each of them, where they are too few to hide the latency of one; BIAS, ACTIVATION. */
#include "lookup.h"

lpdnn_kernel LPDNN_KERNEL;

#define LENGTH (INPUTS / VECTOR)         /* indices of an output */
#define WORDS ((LENGTH + PER - 1) / PER) /* of an output */
#define RUN                                                                                                  \
    (VECTOR < 16 ? 512 / VECTOR / PER + 1                                                                    \
                 : 1) /* words in a sum of their own: one long sum would round too often */
#define AHEAD 256     /* words that are fetched ahead: hardware stops at the end of a page */
#define PANELS ((OUTPUTS + PANEL * VL - 1) / (PANEL * VL))
#define LAST_VECTORS ((OUTPUTS - (PANELS - 1) * PANEL * VL + VL - 1) / VL)

/* sums[v] += x . the `used` sub-vectors that words[v] point to */
INLINE void add_words(vf sums[SPLIT][PANEL], const float *x, const vu words[PANEL], const float *tables,
                      int used, int vectors)
{
    vf bytes[PANEL][4];
    int i, t, v;

    UNROLL
    for (t = 0; t < VECTOR; t++) {
#if BYTE_PLANES
        UNROLL
        for (v = 0; v < vectors; v++) {
            lookup_bytes(tables + t * TABLE, words[v], bytes[v]);
        }
#endif
        UNROLL
        for (i = 0; i < PER; i++) {
            if (i < used) {
                UNROLL
                for (v = 0; v < vectors; v++) {
                    sums[i % SPLIT][v] +=
                        x[i * VECTOR + t] * looked_up(tables + t * TABLE, words[v], bytes[v], i);
                }
            }
        }
    }
}

/* One panel of one row: x [INPUTS], w [WORDS][vectors * VL]; `count` outputs are stored. */
INLINE void panel(const float *x, const lpdnn_u32 *w, const float *tables, const float *scale,
                  const float *bias, float *y, const lpdnn_activation *f, int vectors, int count)
{
    vf sums[PANEL];
    lpdnn_s32 first, k;
    int i, v;

    UNROLL
    for (v = 0; v < vectors; v++) {
        sums[v] = (vf){0};
    }
    for (first = 0; first < WORDS; first += RUN) {
        vf part[SPLIT][PANEL];

        UNROLL
        for (i = 0; i < SPLIT; i++) {
            UNROLL
            for (v = 0; v < vectors; v++) {
                part[i][v] = (vf){0};
            }
        }
        for (k = first; k < least(first + RUN, WORDS); k++, w += vectors * VL) {
            vu words[PANEL];

            UNROLL
            for (v = 0; v < vectors; v++) {
                words[v] = load_words(w + v * VL);
                __builtin_prefetch(w + AHEAD + v * VL);
            }
            if (LENGTH % PER == 0 || k < WORDS - 1) {
                add_words(part, x + k * PER * VECTOR, words, tables, PER, vectors);
            } else {
                add_words(part, x + k * PER * VECTOR, words, tables, LENGTH % PER, vectors);
            }
        }
        UNROLL
        for (i = 0; i < SPLIT; i++) {
            UNROLL
            for (v = 0; v < vectors; v++) {
                sums[v] += part[i][v];
            }
        }
    }
    UNROLL
    for (v = 0; v < vectors; v++) {
        vf sum = SCALED ? sums[v] * load(scale + v * VL) : sums[v];

        sum = BIAS ? sum + load(bias + v * VL) : sum;
        store_part(y + v * VL, activate(ACTIVATION, f, sum), v == vectors - 1 ? count - v * VL : VL);
    }
}

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_fc_codebook_spec *s = spec;
    const float *x = in[LPDNN_FC_CODEBOOK_X]; /* [N][K] */
    const lpdnn_u32 *w =
        in[LPDNN_FC_CODEBOOK_INDICES]; /* [PANELS][WORDS][PANEL * VL], the last one only its vectors */
    const float *tables = in[LPDNN_FC_CODEBOOK_CODEBOOK]; /* [BOOKS][VECTOR][TABLE] */
    const float *scale = in[LPDNN_FC_CODEBOOK_SCALE];     /* [PANELS][PANEL * VL] or null */
    const float *bias = in[LPDNN_FC_CODEBOOK_BIAS];       /* [PANELS][PANEL * VL] or null */
    float *y = out[0];                                    /* [N][M] */
    lpdnn_s32 p, n;

    (void)workspace;
    for (p = LPDNN_SHARE_FIRST(PANELS); p < LPDNN_SHARE_END(PANELS); p++) {
        const lpdnn_s32 first = p * PANEL * VL;
        const float *book = tables + first / (OUTPUTS / BOOKS) * VECTOR * TABLE;
        const lpdnn_u32 *words = w + (lpdnn_size)first * WORDS;

        for (n = 0; n < BATCH; n++) {
            if (p < PANELS - 1) {
                panel(x + n * INPUTS, words, book, SCALED ? scale + first : 0, BIAS ? bias + first : 0,
                      y + n * OUTPUTS + first, &s->activation, PANEL, PANEL * VL);
            } else {
                panel(x + n * INPUTS, words, book, SCALED ? scale + first : 0, BIAS ? bias + first : 0,
                      y + n * OUTPUTS + first, &s->activation, LAST_VECTORS, OUTPUTS - first);
            }
        }
    }
    return LPDNN_OK;
}
