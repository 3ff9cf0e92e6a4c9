/* Tells which variant of a network runs on a CPU with the instructions in argv[1], and how LpdnnNetInit ends there. The
   program is compiled with __builtin_cpu_supports=pretended. */
#include "lpdnn_api.h"
#include "lpdnn_model.h"
#include "lpdnn_netspec.h"

#include <stdio.h>
#include <string.h>

int pretended(const char *feature);

static const char *features;

int pretended(const char *feature)
{
    const char *at = features;
    size_t length = strlen(feature);

    while ((at = strstr(at, feature)) != 0) {
        if ((at == features || at[-1] == ' ') && (at[length] == ' ' || at[length] == 0)) {
            return 1;
        }
        at += length;
    }
    return 0;
}

int main(int count, char **words)
{
    const char *name;

    features = count > 1 ? words[1] : "";
    name = lpdnn_network_variant();
    LpdnnInit();
    printf("%s %d\n", name ? name : "none",
           (int)LpdnnNetInit(LpdnnNetAlloc("net"), &lpdnn_network_spec, &lpdnn_network_model));
    LpdnnDispose();
    return 0;
}
