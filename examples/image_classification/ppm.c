/* Reads binary PPM photos and makes them what a network takes. */
#include "ppm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SIDE 16384

/* The first character that is neither white space nor in a comment. */
static int next_character(FILE *file)
{
    int comment = 0;
    int c = getc(file);

    while (c != EOF && (comment || isspace(c) || c == '#')) {
        comment = c == '#' || (comment && c != '\n');
        c = getc(file);
    }
    return c;
}

/* The next number of the header; -1 where there is none below the limit. */
static int number(FILE *file)
{
    int value = 0;
    int digits = 0;
    int c;

    for (c = next_character(file); isdigit(c) && value <= MAX_SIDE; c = getc(file)) {
        value = value * 10 + (c - '0');
        digits++;
    }
    return digits > 0 && value <= MAX_SIDE && isspace(c) ? value : -1;
}

int ppm_read(const char *path, photo *image)
{
    FILE *file = fopen(path, "rb");
    size_t size;
    int ok;

    image->rgb = 0;
    if (!file) {
        return -1;
    }
    ok = getc(file) == 'P' && getc(file) == '6';
    image->width = ok ? number(file) : -1;
    image->height = ok ? number(file) : -1;
    if (image->width > 0 && image->height > 0 && number(file) == 255) {
        size = (size_t)image->width * (size_t)image->height * 3;
        image->rgb = malloc(size);
        if (image->rgb && fread(image->rgb, 1, size, file) != size) {
            free(image->rgb);
            image->rgb = 0;
        }
    }
    fclose(file);
    return image->rgb ? 0 : -1;
}

static int clamp(int value, int limit)
{
    return value < 0 ? 0 : value < limit ? value : limit - 1;
}

/* The value of a channel between four pixels; pixel centres are at .5. */
static float between(const photo *image, float x, float y, int channel)
{
    int left = (int)(x + 0.5f) - 1;
    int top = (int)(y + 0.5f) - 1;
    float right_part = x - 0.5f - (float)left;
    float bottom_part = y - 0.5f - (float)top;
    float rows[2];
    int i;

    for (i = 0; i < 2; i++) {
        const unsigned char *row =
            image->rgb + (size_t)clamp(top + i, image->height) * (size_t)image->width * 3;
        float a = row[clamp(left, image->width) * 3 + channel];
        float b = row[clamp(left + 1, image->width) * 3 + channel];
        rows[i] = a + (b - a) * right_part;
    }
    return rows[0] + (rows[1] - rows[0]) * bottom_part;
}

void photo_to_planes(const photo *image, int side, int width, int height, const float *mean,
                     const float *deviation, int bgr, float *planes)
{
    int shorter = image->width < image->height ? image->width : image->height;
    float step = (float)shorter / (float)side; /* pixels of the photo in one of the result */
    float left = ((float)image->width - (float)width * step) / 2.0f;
    float top = ((float)image->height - (float)height * step) / 2.0f;
    int c, y, x;

    for (c = 0; c < 3; c++) {
        for (y = 0; y < height; y++) {
            for (x = 0; x < width; x++) {
                float value = between(image, left + ((float)x + 0.5f) * step, top + ((float)y + 0.5f) * step,
                                      bgr ? 2 - c : c);
                *planes++ = (value - mean[c]) / deviation[c];
            }
        }
    }
}
