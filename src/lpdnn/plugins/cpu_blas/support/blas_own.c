/* Matrix products of our own: weights in panels, blocks that stay in the cache, tiles that stay in registers. */
#include "blas_finish.h"
#include "blas_gemm.h"
#include "blas_tile.h"

#define DEPTH_BLOCK 512 /* short sums are also exact ones */
#define PIXEL_BLOCK 192 /* pixels whose panels are kept: workspaces.py */
#define WIDEST_PANEL 48
#define ROW_BLOCK (8 * PIXEL_ROWS)
#define RUN 512

static lpdnn_s32 smaller(lpdnn_s32 a, lpdnn_s32 b)
{
    return a < b ? a : b;
}

static lpdnn_s32 whole(lpdnn_s32 count, lpdnn_s32 panel)
{
    return (count + panel - 1) / panel * panel;
}

lpdnn_s32 blas_plane_weights(lpdnn_s32 filters, lpdnn_s32 depth)
{
    return whole(filters, FILTER_PANEL) * depth;
}

lpdnn_s32 blas_row_weights(lpdnn_s32 filters, lpdnn_s32 depth)
{
    return whole(filters, CHANNEL_PANEL) * depth;
}

/* Room for the panels of the widest vectors, so that it is the same on every machine. */
lpdnn_s32 blas_plane_workspace(lpdnn_s32 pixels, lpdnn_s32 depth)
{
    return smaller(depth, DEPTH_BLOCK) * whole(smaller(pixels, PIXEL_BLOCK), WIDEST_PANEL);
}

/* x [depth][pixels] -> panels [pixels/PIXEL_PANEL][depth][PIXEL_PANEL], filled up with zeros. */
static void pack(const float *x, lpdnn_s32 stride, lpdnn_s32 depth, lpdnn_s32 pixels, float *panels)
{
    lpdnn_s32 first, k, j;

    for (first = 0; first < pixels; first += PIXEL_PANEL) {
        const lpdnn_s32 width = smaller(PIXEL_PANEL, pixels - first);

        for (k = 0; k < depth; k++, panels += PIXEL_PANEL) {
            const float *row = x + k * stride + first;

            if (width == PIXEL_PANEL) {
                __builtin_memcpy(panels, row, sizeof(float) * PIXEL_PANEL);
            } else {
                for (j = 0; j < PIXEL_PANEL; j++) {
                    panels[j] = j < width ? row[j] : 0.0f;
                }
            }
        }
    }
}

/* FILTER_ROWS rows of y, `width` pixels; narrow ends take narrow tiles. */
static void plane_tile(lpdnn_s32 depth, const float *weights, const float *panel, float *y,
                       lpdnn_s32 y_stride, lpdnn_s32 width, int add)
{
    if (width > 2 * LANES) {
        tile(FILTER_ROWS, 3, depth, weights, 1, FILTER_PANEL, panel, PIXEL_PANEL, y, y_stride, width, add);
    } else if (width > LANES) {
        tile(FILTER_ROWS, 2, depth, weights, 1, FILTER_PANEL, panel, PIXEL_PANEL, y, y_stride, width, add);
    } else {
        tile(FILTER_ROWS, 1, depth, weights, 1, FILTER_PANEL, panel, PIXEL_PANEL, y, y_stride, width, add);
    }
}

static void plane_rest(lpdnn_s32 rows, lpdnn_s32 depth, const float *weights, const float *panel, float *y,
                       lpdnn_s32 y_stride, lpdnn_s32 width, int add)
{
    lpdnn_s32 i;

    for (i = 0; i < rows; i++) {
        tile(1, 3, depth, weights + i, 1, FILTER_PANEL, panel, PIXEL_PANEL, y + i * y_stride, y_stride, width,
             add);
    }
}

LpdnnStatus blas_planes(const blas_product *p)
{
    lpdnn_s32 first, j, k, m;

    for (first = 0; first < p->pixels; first += PIXEL_BLOCK) {
        const lpdnn_s32 pixels = smaller(PIXEL_BLOCK, p->pixels - first);

        for (k = 0; k < p->depth; k += DEPTH_BLOCK) {
            const lpdnn_s32 depth = smaller(DEPTH_BLOCK, p->depth - k);
            const int last = k + depth == p->depth && p->activation;

            pack(p->x + k * p->x_stride + first, p->x_stride, depth, pixels, p->workspace);
            for (m = 0; m < p->filters; m += FILTER_ROWS) {
                const lpdnn_s32 rows = smaller(FILTER_ROWS, p->filters - m);
                const float *weights = p->weights + m / FILTER_PANEL * FILTER_PANEL * p->depth +
                                       k * FILTER_PANEL + m % FILTER_PANEL;
                float *y = p->y + m * p->y_stride + first;

                for (j = 0; j < pixels; j += PIXEL_PANEL) {
                    const float *panel = p->workspace + j * depth;
                    const lpdnn_s32 width = smaller(PIXEL_PANEL, pixels - j);

                    if (rows == FILTER_ROWS) {
                        plane_tile(depth, weights, panel, y + j, p->y_stride, width, p->add || k);
                    } else {
                        plane_rest(rows, depth, weights, panel, y + j, p->y_stride, width, p->add || k);
                    }
                }
                if (last) {
                    blas_finish_planes(y, p->y_stride, rows, pixels, p->bias ? p->bias + m : 0,
                                       p->activation);
                }
            }
        }
    }
    return LPDNN_OK;
}

/* As many rows of y as fit one tile, of at most `rows`; returns how many. */
static lpdnn_s32 row_tile(lpdnn_s32 rows, lpdnn_s32 depth, const float *x, lpdnn_s32 x_stride,
                          const float *panel, float *y, lpdnn_s32 y_stride, lpdnn_s32 width, int add)
{
#define TILE_OF(count)                                                                                       \
    if (rows >= count) {                                                                                     \
        tile(count, CHANNEL_VECTORS, depth, x, x_stride, 1, panel, CHANNEL_PANEL, y, y_stride, width, add);  \
        return count;                                                                                        \
    }
    TILE_OF(PIXEL_ROWS)
#if PIXEL_ROWS > 7
    TILE_OF(7)
#endif
    TILE_OF(4)
    TILE_OF(2)
    TILE_OF(1)
#undef TILE_OF
    return rows;
}

/* `rows` rows of x against every panel of weights, over one block of the depth. */
static void row_block(const blas_product *p, lpdnn_s32 first, lpdnn_s32 rows, lpdnn_s32 k, lpdnn_s32 depth)
{
    const int last = k + depth == p->depth && p->activation;
    const int add = p->add || k;
    lpdnn_s32 m, i, done;

    for (m = 0; m < p->filters; m += CHANNEL_VECTORS * LANES) {
        const float *panel =
            p->weights + m / CHANNEL_PANEL * CHANNEL_PANEL * p->depth + k * CHANNEL_PANEL + m % CHANNEL_PANEL;
        const lpdnn_s32 width = smaller(CHANNEL_VECTORS * LANES, p->filters - m);

        for (i = first; i < first + rows; i += done) {
            float *y = p->y + i * p->y_stride + m;

            done = row_tile(first + rows - i, depth, p->x + i * p->x_stride + k, p->x_stride, panel, y,
                            p->y_stride, width, add);
            if (last) {
                blas_finish_rows(y, p->y_stride, width, done, p->bias ? p->bias + m : 0, p->activation);
            }
        }
    }
}

LpdnnStatus blas_rows(const blas_product *p)
{
    lpdnn_s32 first, k;

    for (first = 0; first < p->pixels; first += ROW_BLOCK) {
        for (k = 0; k < p->depth; k += DEPTH_BLOCK) {
            row_block(p, first, smaller(ROW_BLOCK, p->pixels - first), k, smaller(DEPTH_BLOCK, p->depth - k));
        }
    }
    return LPDNN_OK;
}

/* Sums of 4 rows of weights with x, a run at a time. */
static void dots(const float *weights, lpdnn_s32 stride, const float *x, lpdnn_s32 depth, float *y, int rows)
{
    lpdnn_s32 first, k;
    int i, lane;

    for (i = 0; i < rows; i++) {
        y[i] = 0.0f;
    }
    for (first = 0; first < depth; first += RUN) {
        const lpdnn_s32 end = smaller(depth, first + RUN);

        for (i = 0; i < rows; i++) {
            const float *row = weights + i * stride;
            vector sums[4] = {{0}};
            float sum = 0.0f;

            for (k = first; k + 4 * LANES <= end; k += 4 * LANES) {
                UNROLL
                for (lane = 0; lane < 4; lane++) {
                    sums[lane] +=
                        *(const vector *)(row + k + lane * LANES) * *(const vector *)(x + k + lane * LANES);
                }
            }
            for (; k < end; k++) {
                sum += row[k] * x[k];
            }
            sums[0] += sums[1] + (sums[2] + sums[3]);
            for (lane = 0; lane < LANES; lane++) {
                sum += sums[0][lane];
            }
            y[i] += sum;
        }
    }
}

LpdnnStatus blas_vector(const blas_product *p)
{
    lpdnn_s32 m;

    for (m = 0; m < p->filters; m += 4) {
        dots(p->weights + m * p->depth, p->depth, p->x, p->depth, p->y + m, (int)smaller(4, p->filters - m));
    }
    blas_finish_rows(p->y, p->filters, p->filters, 1, p->bias, p->activation);
    return LPDNN_OK;
}
