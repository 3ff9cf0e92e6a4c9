/* Weights from a file, for computers that have files: mapped into memory, or read by the HDF5 library. */
#ifndef LPDNN_MODEL_LOADER_H
#define LPDNN_MODEL_LOADER_H

#include "lpdnn_network.h"

typedef struct {
    const char *name;
    LpdnnDataType type;
    lpdnn_size count;
    void *data; /* [count] */
} lpdnn_hdf5_tensor;

/* Maps a model file of `size` bytes and points `tensors` into it at `offsets`. It stays mapped until the program ends. */
LpdnnStatus lpdnn_model_map(const char *path, const LpdnnNetModel *model, const lpdnn_size *offsets,
                            lpdnn_size size, const void **tensors);

/* Reads the dataset of each tensor; the file must hold this network's fingerprint and exactly these sizes. */
LpdnnStatus lpdnn_model_read_hdf5(const char *path, const LpdnnNetModel *model,
                                  const lpdnn_hdf5_tensor *tensors);

#endif
