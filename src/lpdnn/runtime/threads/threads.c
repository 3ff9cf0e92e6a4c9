/* LPDNN_THREADS threads, that of the caller included. Between layers they look for the next one for some microseconds,
   then sleep. Kernels that share a layer all return LPDNN_OK, or all refuse before they wait for each other. */
#define _POSIX_C_SOURCE 200112L
#include "lpdnn_threads.h"

#include "lpdnn_share.h"

#include <pthread.h>

#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* How often a thread looks before it sleeps: about 50 microseconds. */
#define LOOKS 4000

__thread lpdnn_s32 lpdnn_share;

typedef struct {
    const lpdnn_threaded_spec *spec;
    const void *const *in;
    void *const *out;
    unsigned char *workspace;
    LpdnnStatus status[LPDNN_THREADS];
} layer;

static layer current;
static int started;
static int stopping;
static lpdnn_u32 begun_at_start;
static pthread_t workers[LPDNN_THREADS];
static lpdnn_u32 begun;   /* layers; workers wait for it to change */
static lpdnn_u32 met;     /* meetings of all threads; who came early waits for it to change */
static lpdnn_s32 arrived; /* threads at the next meeting */
static lpdnn_s32 asleep;

/* One layer at a time, whoever asks; and who sleeps until a counter changes. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void await(const lpdnn_u32 *counter, lpdnn_u32 old)
{
    int i;

    for (i = 0; i < LOOKS; i++) {
        if (__atomic_load_n(counter, __ATOMIC_ACQUIRE) != old) {
            return;
        }
        PAUSE();
    }
    pthread_mutex_lock(&lock);
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) == old) {
        pthread_cond_wait(&changed, &lock);
    }
    __atomic_sub_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&lock);
}

/* Either a thread that goes to sleep sees the new count, or it is seen asleep here: neither order is lost. */
static void announce(lpdnn_u32 *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&asleep, __ATOMIC_SEQ_CST)) {
        pthread_mutex_lock(&lock);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
}

void lpdnn_share_wait(void)
{
    lpdnn_u32 before = __atomic_load_n(&met, __ATOMIC_ACQUIRE);

    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == LPDNN_THREADS) {
        __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
        announce(&met);
    } else {
        await(&met, before);
    }
}

static void compute_share(void)
{
    const lpdnn_threaded_spec *s = current.spec;

    current.status[lpdnn_share] = s->kernel(s->spec, current.in, current.out,
                                            current.workspace + (lpdnn_size)lpdnn_share * s->workspace);
    lpdnn_share_wait();
}

static void *work(void *place)
{
    lpdnn_u32 seen = begun_at_start;

    lpdnn_share = (lpdnn_s32)((pthread_t *)place - workers);
    for (;;) {
        await(&begun, seen++);
        if (stopping) {
            return 0;
        }
        compute_share();
    }
}

/* In a child process there are no threads but the one that made it. */
static void forget(void)
{
    started = 0;
    arrived = 0;
    asleep = 0;
}

/* Ends the threads before `end`. */
static void stop(lpdnn_s32 end)
{
    lpdnn_s32 i;

    stopping = 1;
    announce(&begun);
    for (i = 1; i < end; i++) {
        pthread_join(workers[i], 0);
    }
    stopping = 0;
    started = 0;
}

static LpdnnStatus start(void)
{
    static int registered;
    lpdnn_s32 i;

    if (!registered && pthread_atfork(0, 0, forget) != 0) {
        return LPDNN_ERROR_KERNEL;
    }
    registered = 1;
    begun_at_start = begun;
    for (i = 1; i < LPDNN_THREADS; i++) {
        if (pthread_create(&workers[i], 0, work, &workers[i]) != 0) {
            stop(i);
            return LPDNN_ERROR_KERNEL;
        }
    }
    started = 1;
    return LPDNN_OK;
}

LpdnnStatus lpdnn_threaded(const void *spec, const void *const *in, void *const *out, void *workspace)
{
    const lpdnn_threaded_spec *s = spec;
    LpdnnStatus status = s->threads == LPDNN_THREADS ? LPDNN_OK : LPDNN_ERROR_KERNEL;
    lpdnn_s32 i;

    pthread_mutex_lock(&turn);
    if (status == LPDNN_OK && !started) {
        status = start();
    }
    if (status == LPDNN_OK) {
        current.spec = s;
        current.in = in;
        current.out = out;
        current.workspace = workspace;
        announce(&begun);
        compute_share();
        for (i = 0; status == LPDNN_OK && i < LPDNN_THREADS; i++) {
            status = current.status[i];
        }
    }
    pthread_mutex_unlock(&turn);
    return status;
}

void lpdnn_threads_stop(void)
{
    pthread_mutex_lock(&turn);
    if (started) {
        stop(LPDNN_THREADS);
    }
    pthread_mutex_unlock(&turn);
}
