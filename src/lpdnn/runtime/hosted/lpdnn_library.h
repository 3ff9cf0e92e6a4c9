/* Shared libraries that kernels call, opened while the program runs. */
#ifndef LPDNN_LIBRARY_H
#define LPDNN_LIBRARY_H

/* Opens a library with its names to itself: others that define the same names are not disturbed. The file is what the
   environment variable names, else the first of `paths` (to a null pointer) that opens. A null pointer, and a
   sentence on stderr, where none does. */
void *lpdnn_library_open(const char *name, const char *variable, const char *const *paths);

/* Looks a function up, by the first of two names that is there; a null `other` is none. */
void *lpdnn_library_symbol(void *library, const char *name, const char *other);

#define LPDNN_PASTE(a, b) LPDNN_PASTE_WORDS(a, b)
#define LPDNN_PASTE_WORDS(a, b) a##b
#define LPDNN_QUOTE(word) LPDNN_QUOTE_WORD(word)
#define LPDNN_QUOTE_WORD(word) #word

#endif
