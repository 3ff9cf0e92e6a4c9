/* What a convolution does with its sums before it stores them: a slope below zero for each filter, a sum with what another
   layer has made, a function. */
#ifndef ENDING_H
#define ENDING_H

#include "simd.h"

typedef struct {
    const lpdnn_activation *f;
    const float
        *slope; /* of the first filter at hand, whole vectors of them; of no matter where none is `sloped` */
    const float *addend; /* what the first sum at hand is added to; likewise */
} ending;

/* v: sums of `count` filters from number `filter` at hand on; `at`: floats from the first addend at hand to theirs. The first
   three are compile-time constants. */
INLINE vf ended(int activation, int sloped, int added, ending e, vf v, lpdnn_s32 filter, lpdnn_s32 at,
                int count)
{
    if (sloped) {
        v = choose(v > 0.0f, v, load(e.slope + filter) * v);
    }
    if (added) {
        v += load_part(e.addend + at, count);
    }
    return activate(activation, e.f, v);
}

#endif
