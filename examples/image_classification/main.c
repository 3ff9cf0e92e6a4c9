/* Names what is in a photo: classify photo.ppm [options], with any bundle that takes [1][3][H][W] floats. */
#include "lpdnn_api.h"
#include "lpdnn_model.h"
#include "lpdnn_netspec.h"
#include "ppm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP 5

typedef struct {
    const char *photo;
    const char *labels; /* a file with a name a line, or null */
    float mean[3];
    float deviation[3];
    int side; /* what the shorter side is made before the middle is taken; 0: just what the network takes */
    int bgr;
} settings;

static int usage(void)
{
    fputs("usage: classify photo.ppm [--labels FILE] [--mean R,G,B] [--std R,G,B] [--resize SIDE] [--bgr]\n"
          "--mean and --std are in the network's channel order; without them, values stay 0 to 255.\n",
          stderr);
    return 2;
}

static int parse(int argc, char **argv, settings *s)
{
    int i;

    for (i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--bgr") == 0) {
            s->bgr = 1;
        } else if (strcmp(argv[i], "--labels") == 0 && *value) {
            s->labels = argv[++i];
        } else if (strcmp(argv[i], "--resize") == 0 && sscanf(value, "%d", &s->side) == 1 && s->side > 0) {
            i++;
        } else if (strcmp(argv[i], "--mean") == 0 &&
                   sscanf(value, "%f,%f,%f", &s->mean[0], &s->mean[1], &s->mean[2]) == 3) {
            i++;
        } else if (strcmp(argv[i], "--std") == 0 &&
                   sscanf(value, "%f,%f,%f", &s->deviation[0], &s->deviation[1], &s->deviation[2]) == 3) {
            i++;
        } else if (argv[i][0] != '-' && !s->photo) {
            s->photo = argv[i];
        } else {
            return -1;
        }
    }
    return s->photo ? 0 : -1;
}

/* Line `index` of a file, or "" where there is none. */
static const char *label(const char *path, int index)
{
    static char line[256];
    FILE *file = path ? fopen(path, "r") : 0;
    int i = -1;

    while (file && i < index && fgets(line, (int)sizeof(line), file)) {
        i++;
    }
    if (file) {
        fclose(file);
    }
    line[strcspn(line, "\r\n")] = '\0';
    return i == index ? line : "";
}

static void print_best(const float *y, int count, const char *labels)
{
    int best[TOP];
    int found = 0;
    int i, j;

    for (i = 0; i < count; i++) { /* insertion into the best so far, greatest first */
        for (j = found < TOP ? found++ : TOP; j > 0 && y[i] > y[best[j - 1]]; j--) {
            if (j < TOP) {
                best[j] = best[j - 1];
            }
        }
        if (j < TOP) {
            best[j] = i;
        }
    }
    for (i = 0; i < found; i++) {
        printf("%8.5f  %4d  %s\n", (double)y[best[i]], best[i], label(labels, best[i]));
    }
}

/* The listing of the design, completed: what can fail is asked whether it did. */
static int classify(const photo *image, const settings *s)
{
    const LpdnnNetParams *spec = &lpdnn_network_spec;
    const void *model = &lpdnn_network_model;
    LpdnnNetHndl net;
    LpdnnBlobHndl input;
    LpdnnConstBlobHndl output;
    int width, height;

#ifdef LPDNN_MODEL_FILE
    if (lpdnn_network_model_load(LPDNN_MODEL_FILE) != LPDNN_OK) {
        fputs("classify: " LPDNN_MODEL_FILE " cannot be loaded\n", stderr);
        return 1;
    }
#endif
    if (LpdnnInit() != LPDNN_OK) {
        fputs("classify: LPDNN is in use\n", stderr);
        return 1;
    }
    net = LpdnnNetAlloc("classify");
    if (LpdnnNetInit(net, spec, model) != LPDNN_OK) {
        fputs("classify: the network does not start\n", stderr);
        return 1;
    }
    input = LpdnnNetInputBlobGet(net);
    if (LpdnnBlobRankGet(input) != 4 || LpdnnBlobDimGet(input, 1) != 3 ||
        LpdnnBlobTypeGet(input) != LPDNN_F32) {
        fputs("classify: this network does not take photos of three channels\n", stderr);
        return 1;
    }
    height = (int)LpdnnBlobDimGet(input, 2);
    width = (int)LpdnnBlobDimGet(input, 3);
    photo_to_planes(image, s->side ? s->side : (width > height ? width : height), width, height, s->mean,
                    s->deviation, s->bgr, LpdnnBlobDataGet(input));
    if (LpdnnNetInfer(net, input) != LPDNN_OK) {
        fputs("classify: the network does not run\n", stderr);
        return 1;
    }
    output = LpdnnNetGetLayerOutput(net);
    print_best(LpdnnBlobDataGet(output), (int)LpdnnBlobCountGet(output), s->labels);
    LpdnnNetFree(net);
    LpdnnDispose();
    return 0;
}

int main(int argc, char **argv)
{
    settings s = {0, 0, {0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 1.0f}, 0, 0};
    photo image;
    int failed;

    if (parse(argc, argv, &s)) {
        return usage();
    }
    if (ppm_read(s.photo, &image)) {
        fprintf(stderr, "classify: %s is no binary PPM photo (P6, 8 bits a channel)\n", s.photo);
        return 1;
    }
    failed = classify(&image, &s);
    free(image.rgb);
    return failed;
}
