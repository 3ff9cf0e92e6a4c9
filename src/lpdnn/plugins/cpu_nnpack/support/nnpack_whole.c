/* Opens a build of NNPACK that has every layer. */
#include "nnpack_whole.h"

#include "lpdnn_libraries.h"
#include "lpdnn_library.h"

typedef int initialize_function(void);

const nnpack_layers *nnpack_whole(void)
{
    static const char *const paths[] = {LPDNN_PASTE(LPDNN_PATHS_, LPDNN_LIBRARY), 0};
    static nnpack_layers layers;
    static int tried;
    static int whole;
    initialize_function *initialize;
    void *library;

    if (tried) {
        return whole ? &layers : 0;
    }
    tried = 1;
    library = lpdnn_library_open("nnpack", LPDNN_PASTE(LPDNN_VARIABLE_, LPDNN_LIBRARY), paths);
    initialize = (initialize_function *)lpdnn_library_symbol(library, "nnp_initialize", 0);
    layers.connected = (nnpack_connected *)lpdnn_library_symbol(library, "nnp_fully_connected_inference", 0);
    layers.max_pool = (nnpack_max_pool *)lpdnn_library_symbol(library, "nnp_max_pooling_output", 0);
    layers.relu = (nnpack_relu *)lpdnn_library_symbol(library, "nnp_relu_output", 0);
    layers.softmax = (nnpack_softmax *)lpdnn_library_symbol(library, "nnp_softmax_output", 0);
    whole = initialize && layers.connected && layers.max_pool && layers.relu && layers.softmax &&
            initialize() == 0;
    return whole ? &layers : 0;
}
