/* exp, log, pow, tanh and sqrt of floats for targets that have no math library.

   All of it is arithmetic on 32-bit integers, on the bits of IEEE 754 binary32. So a result has the same bits
   with every compiler, optimization, contraction into fma, rounding mode and flush of subnormals, and a core
   without an FPU asks for no soft-float routine. Exception flags are not raised; a NaN that comes out is
   0x7fc00000.

   pow(x, y) is 2^(y * log2 x) with 32 significant bits of log2 x, exp and log are its halves, and tanh is
   (1 - t) / (1 + t) with t = 2^(-2 log2(e) |x|). sqrt is found bit by bit and is correctly rounded. The
   coefficients are our own: least greatest relative error, by Remez exchange in 80-bit arithmetic on 20001
   Chebyshev points, then rounded to 1/2^32. */
#include <float.h>

#include "lpdnn_kernel.h"

#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || FLT_MIN_EXP != -125 || FLT_MAX_EXP != 128
#error "LPDNN needs a float that is IEEE 754 binary32"
#endif

#define TOP_BIT 0x80000000u /* the sign of a float, and the leading bit of a normalized word */
#define ONE 0x3f800000u
#define INFINITE 0x7f800000u
#define NOT_A_NUMBER 0x7fc00000u

#define LOG2_E 0xb8aa3b29u /* 1.44269504... * 2^31 */
#define LN_2 0xb17217f8u   /* 0.69314718... * 2^32 */
#define SQRT_2 0xb504f333u /* 1.41421356... * 2^31 */

#define ADD 0u
#define SUBTRACT 0xffffffffu
#define HUGE_EXPONENT 8 /* 2^(+-2^8) is out of a float's range */

/* m * 2^(e - 31), where m >= 2^31; zero has m = 0 and an exponent below that of any product. */
typedef struct {
    lpdnn_u32 m;
    lpdnn_s32 e;
} number;

typedef union {
    float f;
    lpdnn_u32 u;
} pun;

static lpdnn_u32 bits_of(float x)
{
    pun p;
    p.f = x;
    return p.u;
}

static float float_of(lpdnn_u32 bits)
{
    pun p;
    p.u = bits;
    return p.f;
}

/* Upper word of the 64-bit product; by halves where no C89 integer has 64 bits. */
#if ULONG_MAX / 0xffffffffUL > 0xffffffffUL
static lpdnn_u32 mulhi(lpdnn_u32 a, lpdnn_u32 b)
{
    return (lpdnn_u32)((unsigned long)a * b >> 32);
}
#else
static lpdnn_u32 mulhi(lpdnn_u32 a, lpdnn_u32 b)
{
    const lpdnn_u32 al = a & 0xffffu, ah = a >> 16, bl = b & 0xffffu, bh = b >> 16;
    const lpdnn_u32 mid = ah * bl + (al * bl >> 16);
    const lpdnn_u32 low = al * bh + (mid & 0xffffu);
    return ah * bh + (mid >> 16) + (low >> 16);
}
#endif

static number normalized(lpdnn_u32 m, lpdnn_s32 e)
{
    number n;
    if (m == 0u) {
        e -= 1024;
    } else {
        for (; m < TOP_BIT; m <<= 1) {
            --e;
        }
    }
    n.m = m;
    n.e = e;
    return n;
}

/* Magnitude of a float; an infinity reads as 2^128. */
static number unpacked(lpdnn_u32 bits)
{
    const lpdnn_s32 e = (lpdnn_s32)(bits >> 23 & 0xffu);
    return e == 0 ? normalized(bits << 8, -126) : normalized(bits << 8 | TOP_BIT, e - 127);
}

/* The float nearest to m * 2^(e - 31), halves away from zero. Rounding errors may leave m just under 2^31. */
static float packed(lpdnn_u32 sign, lpdnn_u32 m, lpdnn_s32 e)
{
    const lpdnn_s32 field = e + 126; /* of the exponent, less the leading one of m that is added to it */
    const lpdnn_s32 shift = field < 0 ? 7 - field : 7;
    const lpdnn_u32 doubled = shift > 31 ? 0u : m >> shift;
    if (field >= 254) {
        return float_of(sign | INFINITE);
    }
    return float_of(sign | (((field < 0 ? 0u : (lpdnn_u32)field) << 23) + ((doubled + 1u) >> 1)));
}

/* c[n-1] +- z * (c[n-2] +- z * ...) with z in 1/2^32. */
static lpdnn_u32 polynomial(const lpdnn_u32 *c, lpdnn_s32 n, lpdnn_u32 z, lpdnn_u32 direction)
{
    lpdnn_u32 sum = *c;
    while (--n > 0) {
        sum = *++c + ((mulhi(sum, z) ^ direction) - direction);
    }
    return sum;
}

/* (1 - 2^-f) / f in 1/2^32 for f in [0, 1), itself in 1/2^32; error 2^-32.2, the signs alternate. */
static lpdnn_u32 exp2_slope(lpdnn_u32 f)
{
    static const lpdnn_u32 c[7] = {0x0000bd23u, 0x0009c075u, 0x005726efu, 0x027640bdu,
                                   0x0e3580efu, 0x3d7f7bc6u, 0xb17217f7u};
    return polynomial(c, 7, f, SUBTRACT);
}

/* Whole part, cut down to 2^8 where e is huge, and fraction in 1/2^32 of a * b * 2^(e - 62). */
static lpdnn_u32 product(lpdnn_u32 a, lpdnn_u32 b, lpdnn_s32 e, lpdnn_s32 *whole)
{
    const lpdnn_u32 high = mulhi(a, b);
    const lpdnn_s32 shift = 30 - e;
    *whole = 0;
    if (e >= HUGE_EXPONENT) {
        *whole = 1 << HUGE_EXPONENT;
        return 0u;
    }
    if (shift >= 32) {
        return shift >= 64 ? 0u : high >> (shift - 32);
    }
    *whole = (lpdnn_s32)(high >> shift);
    return high << (32 - shift) | a * b >> shift;
}

/* 2 to the power of +-(a * b * 2^(e - 62)), under the sign given. */
static float exp2_of_product(lpdnn_u32 sign, int negative, lpdnn_u32 a, lpdnn_u32 b, lpdnn_s32 e)
{
    lpdnn_s32 whole;
    lpdnn_u32 f = product(a, b, e, &whole);
    if (negative) {
        whole = -whole;
    } else { /* 2^(whole + f) = 2^(whole + 1 - (1 - f)) */
        ++whole;
        f = ~f;
    }
    return packed(sign, ~mulhi(f, exp2_slope(f)), whole - 1);
}

/* log2 of a finite positive float. */
static number log2_of(lpdnn_u32 bits, int *negative)
{
    /* log2(1 + f) / f - 1 in 1/2^32 for 1 + f in [1/sqrt(2), sqrt(2)], error 2^-33.2; the signs alternate. */
    static const lpdnn_u32 c[12] = {0x161ac602u, 0x27a4be9eu, 0x282ffd35u, 0x28b45261u,
                                    0x2dd60566u, 0x34c2b96au, 0x3d91ae7au, 0x49ddccb4u,
                                    0x5c550d7bu, 0x7b1c2700u, 0xb8aa3b3eu, 0x71547653u};
    const number x = unpacked(bits);
    const int below = x.m > SQRT_2; /* as 2 * (1 - f) instead of 1 + f */
    const lpdnn_s32 exponent = x.e + below;
    const lpdnn_u32 f = below ? 0u - x.m : x.m << 1; /* |f| in 1/2^32 */
    number sum = normalized(f, -1);
    const lpdnn_u32 more = mulhi(sum.m, polynomial(c, 12, f, below ? ADD : SUBTRACT));
    sum.m += more;
    if (sum.m < more) {
        sum.m = sum.m >> 1 | TOP_BIT;
        ++sum.e;
    }
    *negative = below;
    if (exponent != 0) {
        const number whole = normalized((lpdnn_u32)(exponent < 0 ? -exponent : exponent), 31);
        const lpdnn_s32 shift = whole.e - sum.e - 1;
        const lpdnn_u32 part = shift > 31 ? 0u : ((sum.m >> shift) + 1u) >> 1;
        *negative = exponent < 0;
        /* |log2(1 + f)| <= 1/2: the sum neither overflows nor changes its sign */
        sum = normalized(*negative == below ? whole.m + part : whole.m - part, whole.e);
    }
    return sum;
}

float lpdnn_expf(float x)
{
    const lpdnn_u32 bits = bits_of(x);
    const number n = unpacked(bits);
    if ((bits & ~TOP_BIT) > INFINITE) {
        return float_of(NOT_A_NUMBER);
    }
    return exp2_of_product(0u, (bits & TOP_BIT) != 0u, n.m, LOG2_E, n.e);
}

float lpdnn_logf(float x)
{
    const lpdnn_u32 bits = bits_of(x);
    int negative;
    number n;
    if ((bits & ~TOP_BIT) == 0u) {
        return float_of(TOP_BIT | INFINITE);
    }
    if (bits == INFINITE) {
        return x;
    }
    if (bits > INFINITE) {
        return float_of(NOT_A_NUMBER);
    }
    n = log2_of(bits, &negative);
    n = normalized(mulhi(n.m, LN_2), n.e);
    return packed(negative ? TOP_BIT : 0u, n.m, n.e);
}

float lpdnn_powf(float x, float y)
{
    const lpdnn_u32 base = bits_of(x), size = base & ~TOP_BIT;
    const lpdnn_u32 power = bits_of(y), power_size = power & ~TOP_BIT;
    lpdnn_u32 sign = 0u;
    number n, p;
    int negative;
    if (power_size == 0u || base == ONE) {
        return 1.0f;
    }
    if (size > INFINITE || power_size > INFINITE) {
        return float_of(NOT_A_NUMBER);
    }
    p = unpacked(power);
    if (base & TOP_BIT) {
        /* The bits of y from the unit down: 2^31 says odd, 0 even, and anything else no integer. */
        const lpdnn_u32 parity = p.e < 0 ? 1u : p.e > 31 ? 0u : p.m << p.e;
        if (parity == TOP_BIT) {
            sign = TOP_BIT;
        } else if (parity != 0u && size != 0u && size != INFINITE) {
            return float_of(NOT_A_NUMBER);
        }
    }
    n = log2_of(size, &negative);
    n.e += p.e;
    if (size == 0u || size == INFINITE || (power_size == INFINITE && size != ONE)) {
        n.e = HUGE_EXPONENT;
    }
    return exp2_of_product(sign, negative != (int)(power >> 31), n.m, p.m, n.e);
}

float lpdnn_tanhf(float x)
{
    const lpdnn_u32 bits = bits_of(x);
    const number n = unpacked(bits);
    lpdnn_s32 whole, i;
    lpdnn_u32 f, slope, t, divisor, y;
    number numerator;
    if ((bits & ~TOP_BIT) > INFINITE) {
        return float_of(NOT_A_NUMBER);
    }
    f = product(n.m, LOG2_E, n.e + 1, &whole);
    slope = exp2_slope(f);
    t = ~mulhi(f, slope); /* 2^-f, in 1/2^32 */
    if (whole == 0) {     /* 1 - t from x itself, which has more significant bits than f */
        numerator = normalized(mulhi(mulhi(n.m, LOG2_E), slope), n.e + 2);
    } else {
        t = whole > 31 ? 0u : t >> whole;
        numerator.m = ~t;
        numerator.e = -1;
    }
    /* 2 / (1 + t) in 1/2^31, by Newton's method from the line 48/17 - 32/17 d, off by at most 1/17. */
    divisor = TOP_BIT + (t >> 1);
    y = 0x69696969u - mulhi(divisor, 0xf0f0f0f0u);
    for (i = 0; i < 3; ++i) {
        y = mulhi(y, 0u - mulhi(divisor, y)) << 1;
    }
    numerator = normalized(mulhi(numerator.m, y), numerator.e);
    return packed(bits & TOP_BIT, numerator.m, numerator.e);
}

float lpdnn_sqrtf(float x)
{
    const lpdnn_u32 bits = bits_of(x);
    const number n = unpacked(bits);
    const int odd = (n.e & 1) != 0;
    /* x / 4^k in [1, 4) and its root, in 1/2^24; the root's square is taken from the rest as it grows. */
    lpdnn_u32 rest = n.m >> (odd ? 6 : 7), root = 0u, bit;
    if ((bits & ~TOP_BIT) == 0u || bits == INFINITE) {
        return x;
    }
    if (bits > INFINITE) {
        return float_of(NOT_A_NUMBER);
    }
    for (bit = 0x1000000u; bit != 0u; bit >>= 1) {
        const lpdnn_u32 step = 2u * root + bit;
        if (rest >= step) {
            rest -= step;
            root += bit;
        }
        rest <<= 1;
    }
    /* 25 bits decide: no root lies half-way between two floats. */
    return packed(0u, root << 7, (n.e - odd) / 2);
}
