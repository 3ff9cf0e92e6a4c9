/* Variants of a network for several instruction sets: the CPU is asked, when the program first wants one. */
#include "@symbol@_model.h"
#include "@symbol@_netspec.h"
@includes@

typedef struct {
    const char *name;
    const LpdnnNetParams *spec;
    const LpdnnNetModel *model;
    int (*runs)(void);
} variant;

@checks@
/* The most capable first; the last is none. */
static const variant variants[] = {
@rows@
    {0, 0, 0, 0},
};

static const variant *here(void)
{
    static const variant *found;

    if (!found) {
        const variant *one = variants;

        __builtin_cpu_init();
        while (one->name && !one->runs()) {
            one++;
        }
        found = one;
    }
    return found;
}

const char *@symbol@_network_variant(void)
{
    return here()->name;
}

const LpdnnNetParams *@symbol@_network_spec_here(void)
{
    return here()->spec;
}

const LpdnnNetModel *@symbol@_network_model_here(void)
{
    return here()->model;
}
