/* Lists of the best detections, by scores of the type SCORE. */
#ifndef DETECTIONS_H
#define DETECTIONS_H

#include "lpdnn_dtypes.h"

typedef struct {
    SCORE score;
    lpdnn_s32 label;
    lpdnn_s32 prior;
} candidate;

/* A list that keeps the best `limit` of what it is offered; once full, it is a heap with the last of them on top. */
typedef struct {
    candidate *items;
    lpdnn_s32 count;
    lpdnn_s32 limit;
} list;

/* The order of detections: the higher score first, then the lower class, then the lower prior. */
static int precedes(const candidate *a, const candidate *b)
{
    if (a->score > b->score || a->score < b->score) {
        return a->score > b->score;
    }
    return a->label < b->label || (a->label == b->label && a->prior < b->prior);
}

static void swap(candidate *a, candidate *b)
{
    candidate other = *a;

    *a = *b;
    *b = other;
}

/* Moves the item at `i` down until it comes after both of those below it. */
static void sink(candidate *items, lpdnn_s32 count, lpdnn_s32 i)
{
    lpdnn_s32 last = i;

    do {
        i = last;
        if (2 * i + 1 < count && precedes(&items[last], &items[2 * i + 1])) {
            last = 2 * i + 1;
        }
        if (2 * i + 2 < count && precedes(&items[last], &items[2 * i + 2])) {
            last = 2 * i + 2;
        }
        swap(&items[i], &items[last]);
    } while (last != i);
}

static void make_heap(list *l)
{
    lpdnn_s32 i;

    for (i = l->count / 2 - 1; i >= 0; i--) {
        sink(l->items, l->count, i);
    }
}

static void offer(list *l, const candidate *item)
{
    if (l->count < l->limit) {
        l->items[l->count++] = *item;
        if (l->count == l->limit) {
            make_heap(l);
        }
    } else if (precedes(item, &l->items[0])) {
        l->items[0] = *item;
        sink(l->items, l->count, 0);
    }
}

/* Heap sort: the last of those left goes to the end. */
static void sort(list *l)
{
    lpdnn_s32 left;

    make_heap(l);
    for (left = l->count - 1; left > 0; left--) {
        swap(&l->items[0], &l->items[left]);
        sink(l->items, left, 0);
    }
}

#endif
