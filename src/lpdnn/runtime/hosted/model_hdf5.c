/* Reads a model file with the HDF5 library. */
#include "lpdnn_model_loader.h"

#include <hdf5.h>

static hid_t memory_type(LpdnnDataType type)
{
    switch (type) {
    case LPDNN_S32:
        return H5T_NATIVE_INT;
    case LPDNN_S16:
        return H5T_NATIVE_SHORT;
    case LPDNN_S8:
        return H5T_NATIVE_SCHAR;
    case LPDNN_U8:
        return H5T_NATIVE_UCHAR;
    default:
        return H5T_NATIVE_FLOAT;
    }
}

static int has_fingerprint(hid_t file, lpdnn_u32 wanted)
{
    lpdnn_u32 found = ~wanted;
    hid_t attribute = H5Aopen(file, "fingerprint", H5P_DEFAULT);

    if (attribute < 0) {
        return 0;
    }
    if (H5Aread(attribute, H5T_NATIVE_UINT, &found) < 0) {
        found = ~wanted;
    }
    H5Aclose(attribute);
    return found == wanted;
}

static int read_tensor(hid_t file, const lpdnn_hdf5_tensor *tensor)
{
    int ok = 0;
    hid_t dataset = H5Dopen2(file, tensor->name, H5P_DEFAULT);
    hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);

    if (space >= 0 && H5Sget_simple_extent_npoints(space) == (hssize_t)tensor->count) {
        ok = H5Dread(dataset, memory_type(tensor->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor->data) >= 0;
    }
    if (space >= 0) {
        H5Sclose(space);
    }
    if (dataset >= 0) {
        H5Dclose(dataset);
    }
    return ok;
}

LpdnnStatus lpdnn_model_read_hdf5(const char *path, const LpdnnNetModel *model,
                                  const lpdnn_hdf5_tensor *tensors)
{
    lpdnn_s32 i;
    int ok;
    hid_t file;

    H5Eset_auto2(H5E_DEFAULT, 0, 0);
    file = path ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
    if (file < 0) {
        return LPDNN_ERROR_FILE;
    }
    ok = has_fingerprint(file, model->fingerprint);
    for (i = 0; ok && i < model->tensor_count; i++) {
        ok = read_tensor(file, &tensors[i]);
    }
    H5Fclose(file);
    return ok ? LPDNN_OK : LPDNN_ERROR_FILE;
}
