/* Asks the CPU, then the system: tiles are 8 KB a thread, which Linux sets up for processes alone that ask for it. */
#include "tiles_allowed.h"

#ifdef LPDNN_TILES_IN_C
int lpdnn_tiles_allowed(void)
{
    return 1;
}
#else
#include <cpuid.h>

#define OSXSAVE (1u << 27)           /* CPUID 1, ECX */
#define AMX_TILE_AND_INT8 (3u << 24) /* CPUID 7, EDX */
#define TILE_STATES (3u << 17)       /* XCR0: shapes and data */

static int cpu_has_tiles(void)
{
    unsigned a, b, c, d, states, upper;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE)) {
        return 0;
    }
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & AMX_TILE_AND_INT8) != AMX_TILE_AND_INT8) {
        return 0;
    }
    __asm__ volatile("xgetbv" : "=a"(states), "=d"(upper) : "c"(0));
    return (states & TILE_STATES) == TILE_STATES;
}

#ifdef __linux__
#define ARCH_PRCTL 158 /* the system call, and what it is asked: arch/x86/include/uapi/asm/prctl.h */
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

static int system_lets(void)
{
    long result = ARCH_PRCTL;

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)ARCH_REQ_XCOMP_PERM), "S"((long)XFEATURE_XTILEDATA)
                     : "rcx", "r11", "memory");
    return result == 0;
}
#else
static int system_lets(void)
{
    return 1;
}
#endif

int lpdnn_tiles_allowed(void)
{
    static int known; /* 0: not asked; 1: refused; 2: allowed */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (!answer) {
        answer = 1 + (cpu_has_tiles() && system_lets());
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer == 2;
}
#endif
