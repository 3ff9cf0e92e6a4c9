/* Fully connected layer with weights in a codebook. Single weights are looked up where they are multiplied. With a
   codebook of vectors, a few sub-vectors of x are multiplied with all entries, and outputs only add what their indices
   point to, where that is less work. */
#include "codebook.h"
#include "lpdnn_ops.h"

lpdnn_kernel lpdnn_fc_codebook_f32_nchw__ref;

#define RUN 256    /* terms in a sum of their own: one long sum would round too often */
#define PRODUCTS 8 /* sub-vectors at once: the manifest's */

/* x . the `count` sub-vectors from index `first` on */
static float dot(const lpdnn_fc_codebook_spec *s, const float *x, const lpdnn_u8 *indices, const float *book,
                 lpdnn_s32 first, lpdnn_s32 count)
{
    float sum = 0.0f;
    lpdnn_s32 i, v;

    for (i = 0; i < count; i++) {
        const float *entry = book + codebook_index(indices, first + i, s->bits) * s->vector;

        for (v = 0; v < s->vector; v++) {
            sum += *x++ * entry[v];
        }
    }
    return sum;
}

/* y [M] += weights . x, every weight looked up */
static void look_up(const lpdnn_fc_codebook_spec *s, const float *x, const lpdnn_u8 *indices,
                    const float *codebook, float *y)
{
    lpdnn_s32 length = s->inputs / s->vector;
    lpdnn_s32 run = s->vector < RUN ? RUN / s->vector : 1;
    lpdnn_s32 m, i;

    for (m = 0; m < s->outputs; m++) {
        const float *book = codebook + m / (s->outputs / s->books) * (s->vector << s->bits);

        for (i = 0; i < length; i += run) {
            y[m] +=
                dot(s, x + i * s->vector, indices, book, m * length + i, length - i < run ? length - i : run);
        }
    }
}

/* y [M/books] += weights . x for one book, whose first filter is `from`; products [PRODUCTS][2^bits] */
static void add_products(const lpdnn_fc_codebook_spec *s, const float *x, const lpdnn_u8 *indices,
                         const float *book, lpdnn_s32 from, float *products, float *y)
{
    lpdnn_s32 length = s->inputs / s->vector;
    lpdnn_s32 first, m, i, e, v;

    for (first = 0; first < length; first += PRODUCTS) {
        lpdnn_s32 count = length - first < PRODUCTS ? length - first : PRODUCTS;

        for (i = 0; i < count; i++) {
            const float *part = x + (first + i) * s->vector;

            for (e = 0; e < 1 << s->bits; e++) {
                float sum = 0.0f;

                for (v = 0; v < s->vector; v++) {
                    sum += part[v] * book[e * s->vector + v];
                }
                products[(i << s->bits) + e] = sum;
            }
        }
        for (m = 0; m < s->outputs / s->books; m++) {
            float sum = 0.0f;

            for (i = 0; i < count; i++) {
                sum += products[(i << s->bits) +
                                codebook_index(indices, (from + m) * length + first + i, s->bits)];
            }
            y[m] += sum;
        }
    }
}

LpdnnStatus lpdnn_fc_codebook_f32_nchw__ref(const void *spec, const void *const *in, void *const *out,
                                            void *workspace)
{
    const lpdnn_fc_codebook_spec *s = spec;
    const float *x = in[LPDNN_FC_CODEBOOK_X];                /* [N][K] */
    const lpdnn_u8 *indices = in[LPDNN_FC_CODEBOOK_INDICES]; /* [M][K/vector], packed */
    const float *codebook = in[LPDNN_FC_CODEBOOK_CODEBOOK];  /* [books][2^bits][vector] */
    const float *scale = in[LPDNN_FC_CODEBOOK_SCALE];        /* [M] or null */
    const float *bias = in[LPDNN_FC_CODEBOOK_BIAS];          /* [M] or null */
    float *y = out[0];                                       /* [N][M] */
    lpdnn_s32 book = s->outputs / s->books;
    lpdnn_s32 n, m, b;

    for (n = 0; n < s->batch; n++, x += s->inputs, y += s->outputs) {
        for (m = 0; m < s->outputs; m++) {
            y[m] = 0.0f;
        }
        /* For each sub-vector: 2^bits products of `vector` terms and M additions, or M products of `vector` terms. */
        if (s->vector > 1 && book > (s->vector << s->bits) / (s->vector - 1)) {
            for (b = 0; b < s->books; b++) {
                add_products(s, x, indices, codebook + b * (s->vector << s->bits), b * book, workspace,
                             y + b * book);
            }
        } else {
            look_up(s, x, indices, codebook, y);
        }
        for (m = 0; m < s->outputs; m++) {
            float sum = scale ? scale[m] * y[m] : y[m];

            y[m] = lpdnn_activate(&s->activation, bias ? sum + bias[m] : sum);
        }
    }
    return LPDNN_OK;
}
