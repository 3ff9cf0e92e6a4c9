/* Maps a model file (POSIX), or with LPDNN_HUGE_PAGES (Linux) reads it into memory in pages of 2 MB, which the CPU
   finds with fewer look-ups: slower to load, faster where weights come from memory. */
#ifdef LPDNN_HUGE_PAGES
#define _GNU_SOURCE
#else
#define _POSIX_C_SOURCE 200112L
#endif

#include "lpdnn_model_loader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The header: magic, fingerprint, number of tensors, size; little-endian as every machine that has files. */
typedef struct {
    char magic[8];
    lpdnn_u32 fingerprint;
    lpdnn_u32 tensor_count;
    lpdnn_u32 size[2];
} header;

#ifdef LPDNN_HUGE_PAGES
#define PAGE ((lpdnn_size)1 << 21)

/* Memory of its own with the file's `size` bytes, or a null pointer. What does not fill a huge page stays small. */
static const unsigned char *content(int file, lpdnn_size size)
{
    lpdnn_size done = 0, space = size + PAGE;
    unsigned char *memory = mmap(0, space, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *first;

    if (memory == MAP_FAILED) {
        return 0;
    }
    first = memory + (PAGE - (lpdnn_size)memory % PAGE) % PAGE;
    (void)madvise(first, size, MADV_HUGEPAGE); /* a kernel without them gives usual pages */
    while (done < size) {
        ssize_t count = read(file, first + done, size - done);

        if (count <= 0) {
            munmap(memory, space);
            return 0;
        }
        done += (lpdnn_size)count;
    }
    (void)mprotect(first, size, PROT_READ);
    return first;
}
#else
static const unsigned char *content(int file, lpdnn_size size)
{
    void *mapped = mmap(0, size, PROT_READ, MAP_PRIVATE, file, 0);

    return mapped == MAP_FAILED ? 0 : mapped;
}
#endif

LpdnnStatus lpdnn_model_map(const char *path, const LpdnnNetModel *model, const lpdnn_size *offsets,
                            lpdnn_size size, const void **tensors)
{
    const unsigned char *data = 0;
    struct stat status;
    header head;
    lpdnn_s32 i;
    int file = path ? open(path, O_RDONLY) : -1;

    if (file < 0) {
        return LPDNN_ERROR_FILE;
    }
    if (fstat(file, &status) == 0 && (lpdnn_size)status.st_size == size) {
        data = content(file, size);
    }
    close(file);
    if (!data) {
        return LPDNN_ERROR_FILE;
    }
    memcpy(&head, data, sizeof(head));
    if (memcmp(head.magic, "LPDNNMDL", 8) != 0 || head.fingerprint != model->fingerprint) {
        return LPDNN_ERROR_FILE;
    }
    for (i = 0; i < model->tensor_count; i++) {
        tensors[i] = data + offsets[i];
    }
    return LPDNN_OK;
}
