/* Opens shared libraries so that several that define the same names live side by side. */
#include "lpdnn_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *lpdnn_library_open(const char *name, const char *variable, const char *const *paths)
{
    const char *wished = getenv(variable);
    void *library = 0;

    if (wished && *wished) {
        library = dlopen(wished, RTLD_NOW | RTLD_LOCAL);
    }
    while (!library && !(wished && *wished) && *paths) {
        library = dlopen(*paths++, RTLD_NOW | RTLD_LOCAL);
    }
    if (!library) {
        const char *reason = dlerror();

        fprintf(stderr, "%s cannot be opened (%s); set %s to its shared object\n", name,
                reason ? reason : "no file", variable);
    }
    return library;
}

void *lpdnn_library_symbol(void *library, const char *name, const char *other)
{
    void *symbol = library ? dlsym(library, name) : 0;

    return symbol || !library || !other ? symbol : dlsym(library, other);
}
