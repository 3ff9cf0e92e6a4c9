/* A depthwise convolution between pointwise ones in nhwc, in bands of rows whose results between stay in cache.

   Constants: those of conv_depthwise.h, with HELD: expanded rows under a band; BAND_ROWS: rows of a band, of which BANDS
   cover the map, the last one beginning earlier where they are more than it has; EXPANDS: 1 where there is a convolution
   before, and then EXPAND_...; PROJECT_...: those of conv_pointwise.h. */
#include "conv_depthwise.h"

/* The depthwise convolution of a band that starts at output row `first`. */
INLINE void filter_band(const float *x, const float *zeros, const float *w, const float *bias, float *y,
                        const lpdnn_activation *f, lpdnn_s32 first)
{
    lpdnn_s32 i;

    for (i = 0; i < BAND_ROWS; i += TILE_ROWS) {
        depthwise_rows(x, zeros, w, bias, y + i * OUT_WIDTH * CHANNELS, f, first + i, TILE_ROWS);
    }
}

#if EXPANDS
/* The rows under a band that starts at output row `first` begin here, unless `done` are more; and end there. */
INLINE lpdnn_s32 next_under(lpdnn_s32 first, lpdnn_s32 done)
{
    return first * STRIDE_H - PAD_TOP > done ? first * STRIDE_H - PAD_TOP : done;
}

INLINE lpdnn_s32 end_under(lpdnn_s32 first)
{
    return least(first * STRIDE_H - PAD_TOP + ROWS_UNDER(BAND_ROWS), HEIGHT);
}

#define STAGE(name) expand_##name
#define OF(constant) EXPAND_##constant
#include "conv_pointwise.h"
#define IN_CHANNELS EXPAND_DEPTH
#define HELD_FLOATS (HELD * WIDTH * CHANNELS)
#else
#define IN_CHANNELS CHANNELS
#define HELD_FLOATS 0
#endif

#define STAGE(name) project_##name
#define OF(constant) PROJECT_##constant
#include "conv_pointwise.h"

lpdnn_kernel LPDNN_KERNEL;

LpdnnStatus LPDNN_KERNEL(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_separable_spec *s = spec;
    const float *x = in[LPDNN_SEPARABLE_X];             /* [N][H][W][IN_CHANNELS] */
    const float *weight = in[LPDNN_SEPARABLE_WEIGHT];   /* as conv_depthwise.h has it */
    const float *project = in[LPDNN_SEPARABLE_PROJECT]; /* as conv_pointwise.h has it */
    float *y = out[0];                                  /* [N][OH][OW][M] */
    float *zeros = workspace;                           /* [W][CHANNELS] */
    float *rows = zeros + WIDTH * CHANNELS;             /* [HELD][W][CHANNELS] where EXPANDS */
    float *filtered = rows + HELD_FLOATS;               /* [BAND_ROWS][OW][CHANNELS] */
    ending last = {&s->activation, 0, in[LPDNN_SEPARABLE_ADDEND] /* as y */};
    lpdnn_s32 n, i;

    __builtin_memset(zeros, 0, sizeof(float) * WIDTH * CHANNELS);
    for (n = 0; n < BATCH; n++) {
        lpdnn_s32 done = 0; /* rows that have been expanded, or are of no use to this call */

        for (i = LPDNN_SHARE_FIRST(BANDS); i < LPDNN_SHARE_END(BANDS); i++) {
            lpdnn_s32 first = least(i * BAND_ROWS, OUT_HEIGHT - BAND_ROWS);
            ending own = last;

#if EXPANDS
            ending between = {&s->expanded, 0, 0};

            for (done = next_under(first, done); done < end_under(first); done++) {
                expand_run(x + done * WIDTH * IN_CHANNELS, in[LPDNN_SEPARABLE_EXPAND],
                           in[LPDNN_SEPARABLE_EXPAND_BIAS], rows + done % HELD * WIDTH * CHANNELS, between);
            }
#endif
            filter_band(EXPANDS ? rows : x, zeros, weight, in[LPDNN_SEPARABLE_BIAS], filtered, &s->filtered,
                        first);
            own.addend = PROJECT_ADDED ? last.addend + first * OUT_WIDTH * PROJECT_FILTERS : 0;
            project_run(filtered, project, in[LPDNN_SEPARABLE_PROJECT_BIAS],
                        y + first * OUT_WIDTH * PROJECT_FILTERS, own);
        }
        x += HEIGHT * WIDTH * IN_CHANNELS;
        y += OUT_HEIGHT * OUT_WIDTH * PROJECT_FILTERS;
        last.addend = PROJECT_ADDED ? last.addend + OUT_HEIGHT * OUT_WIDTH * PROJECT_FILTERS : 0;
    }
    return LPDNN_OK;
}
