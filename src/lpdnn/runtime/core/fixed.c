/* Fixed-point arithmetic of integer kernels: sums of 48 bits, and the rescaling that lpdnn.ir.fixed defines.

   C89 has no integer of 64 bits: sums and products are kept in halves. */
#include "lpdnn_kernel.h"

#define MOST 0x7fffffffu
#define HALF 0x40000000u

static lpdnn_u32 magnitude(lpdnn_s32 x)
{
    return x < 0 ? 0u - (lpdnn_u32)x : (lpdnn_u32)x;
}

static lpdnn_s32 with_sign(lpdnn_u32 size, int negative)
{
    if (size > MOST) {
        size = MOST;
    }
    return negative ? -(lpdnn_s32)size : (lpdnn_s32)size;
}

/* The 64 bits of a product. */
static lpdnn_u32 multiplied(lpdnn_u32 a, lpdnn_u32 b, lpdnn_u32 *high)
{
    const lpdnn_u32 al = a & 0xffffu, ah = a >> 16, bl = b & 0xffffu, bh = b >> 16;
    const lpdnn_u32 middle = ah * bl + (al * bl >> 16);
    const lpdnn_u32 lower = al * bh + (middle & 0xffffu);

    *high = ah * bh + (middle >> 16) + (lower >> 16);
    return lower << 16 | (al * bl & 0xffffu);
}

/* high * 2^32 + low shifted right, rounded to the nearest with halves up; at most MOST. */
static lpdnn_u32 shifted(lpdnn_u32 high, lpdnn_u32 low, lpdnn_s32 right)
{
    lpdnn_u32 rest; /* what is shifted out, its first bit on top */

    if (right <= 0) {
        return high != 0u || (low != 0u && (right < -31 || low > MOST >> -right)) ? MOST
                                                                                  : low << (-right & 31);
    }
    if (right >= 64) {
        rest = right == 64 ? high : 0u;
        low = 0u;
    } else if (right >= 32) {
        rest = right == 32 ? low : high << (64 - right) | (low >> (right - 32));
        low = right == 32 ? high : high >> (right - 32);
    } else {
        rest = low << (32 - right);
        if (high >> right != 0u) {
            return MOST;
        }
        low = low >> right | high << (32 - right);
    }
    return low < MOST ? low + (rest >> 31) : MOST;
}

/* How many bits high * 2^32 + low has. */
static lpdnn_s32 bits_of(lpdnn_u32 high, lpdnn_u32 low)
{
    lpdnn_u32 top = high != 0u ? high : low;
    lpdnn_s32 count = high != 0u ? 32 : 0;

    while (top != 0u) {
        top >>= 1;
        count++;
    }
    return count;
}

/* high * 2^32 + low shifted right, which leaves 32 bits, rounded to the nearest, ties to even. */
static lpdnn_u32 to_even(lpdnn_u32 high, lpdnn_u32 low, lpdnn_s32 right)
{
    lpdnn_u32 rest, below = 0u; /* what is shifted out, its first bit on top, and what lies below that */

    if (right <= 0) {
        return low;
    }
    if (right > 32) {
        below = low;
        low = high;
        high = 0u;
        right -= 32;
    }
    if (right > 32) {
        return 0u;
    }
    if (right == 32) {
        rest = low;
        low = high;
    } else {
        rest = low << (32 - right);
        low = low >> right | high << (32 - right);
    }
    return low + (rest > 0x80000000u || (rest == 0x80000000u && (below != 0u || (low & 1u) != 0u)));
}

/* The float nearest to high * 2^32 + low: 24 bits, or 2^24, times 2^*exponent. */
static lpdnn_u32 single(lpdnn_u32 high, lpdnn_u32 low, lpdnn_s32 *exponent)
{
    const lpdnn_s32 excess = bits_of(high, low) - 24;

    *exponent += excess > 0 ? excess : 0;
    return to_even(high, low, excess);
}

/* size * multiplier * 2^(shift - 31) in single precision, as a whole number. */
static lpdnn_u32 by_float(lpdnn_u32 size, lpdnn_u32 multiplier, lpdnn_s32 shift)
{
    lpdnn_s32 exponent = shift - 31;
    lpdnn_u32 high, low;

    size = single(0u, size, &exponent);
    low = multiplied(size, single(0u, multiplier, &exponent), &high);
    size = single(high, low, &exponent);
    return exponent < 0 ? to_even(0u, size, -exponent) : shifted(0u, size, -exponent);
}

lpdnn_s32 lpdnn_rescale(lpdnn_s32 x, lpdnn_s32 multiplier, lpdnn_s32 shift, lpdnn_s32 rounding)
{
    const int negative = x < 0;
    lpdnn_u32 size = magnitude(x), high, low;

    if (rounding == LPDNN_ROUND_SINGLE) {
        low = multiplied(size, (lpdnn_u32)multiplier, &high);
        return with_sign(shifted(high, low, 31 - shift), negative);
    }
    if (rounding == LPDNN_ROUND_FLOAT) {
        return with_sign(by_float(size, (lpdnn_u32)multiplier, shift), negative);
    }
    if (shift > 0) {
        size = shifted(0u, size, -shift);
    }
    low = multiplied(size, (lpdnn_u32)multiplier, &high);
    high = high << 1 | low >> 31;
    low &= MOST; /* half of what counts; ties go up, which is towards zero for a negative number */
    if (low > HALF || (low == HALF && !negative)) {
        high++;
    }
    return with_sign(shifted(0u, high, shift < 0 ? -shift : 0), negative);
}

lpdnn_s32 lpdnn_rescale_wide(lpdnn_wide x, lpdnn_s32 multiplier, lpdnn_s32 shift, lpdnn_s32 rounding)
{
    const lpdnn_s32 right = 31 - shift;
    lpdnn_u32 top = (lpdnn_u32)x.high + (x.low >> 16), rest = x.low & 0xffffu, high, low, carry;
    const int negative = top > MOST;

    if (negative) {
        top = ~top + (rest == 0u);
        rest = (0u - rest) & 0xffffu;
    }
    /* size * multiplier = (high * 2^32 + low) * 2^16 + rest */
    rest = multiplied(rest, (lpdnn_u32)multiplier, &carry);
    carry = carry << 16 | rest >> 16;
    rest &= 0xffffu;
    low = multiplied(top, (lpdnn_u32)multiplier, &high) + carry;
    high += low < carry;
    if (rounding == LPDNN_ROUND_DOUBLE && negative && multiplier > 0 &&
        right > 0) { /* just below a tie, which goes up */
        high -= rest == 0u && low == 0u;
        low -= rest == 0u;
        rest = (rest - 1u) & 0xffffu;
    }
    if (right > 16) { /* rest is below the half that decides */
        return with_sign(shifted(high, low, right - 16), negative);
    }
    if (high != 0u) {
        return with_sign(MOST, negative);
    }
    return with_sign(shifted(low >> 16, low << 16 | rest, right), negative);
}

lpdnn_s32 lpdnn_clamp(lpdnn_s32 x, lpdnn_s32 zero, lpdnn_s32 low, lpdnn_s32 high)
{
    return zero + (x < low - zero ? low - zero : x > high - zero ? high - zero : x);
}
