/* Photos in the simplest format there is: PPM, binary (P6), 8 bits a channel. */
#ifndef PPM_H
#define PPM_H

typedef struct {
    int width;
    int height;
    unsigned char *rgb; /* [height][width][3], from malloc */
} photo;

/* Reads a file; 0, or -1 where there is none that it understands. */
int ppm_read(const char *path, photo *image);

/* Fills [3][height][width] floats with the middle of a photo whose shorter side is made `side` pixels by bilinear
   interpolation: (value - mean[channel]) / deviation[channel]; the first channel is red, or blue where `bgr`. */
void photo_to_planes(const photo *image, int side, int width, int height, const float *mean,
                     const float *deviation, int bgr, float *planes);

#endif
