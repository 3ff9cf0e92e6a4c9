/* Maps a model file (POSIX). */
#define _POSIX_C_SOURCE 200112L

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
        void *mapped = mmap(0, size, PROT_READ, MAP_PRIVATE, file, 0);
        data = mapped == MAP_FAILED ? 0 : mapped;
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
