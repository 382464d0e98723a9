// The thread team. Raising the epoch publishes a job; idle threads spin on it for a while, then sleep in the kernel on its word.
#define _GNU_SOURCE
#include "include/ck_team.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 256, LOOKS_PER_CLOCK = 32 };

typedef struct worker {
    ck_team *team;
    pthread_t thread;
    size_t index;
} worker;

struct ck_team {
    size_t threads;
    uint32_t spin_microseconds;
    /// Serialises callers.
    pthread_mutex_t caller;
    // The job. Written by the caller before it raises the epoch, read by the workers after.
    ck_tile tile;
    void *context;
    size_t count;
    int ending;
    /// The next tile to hand out.
    _Alignas(64) atomic_size_t next;
    /// One more for each job.
    _Alignas(64) _Atomic uint32_t epoch;
    /// Threads that sleep on the epoch, or are about to.
    _Atomic uint32_t sleepers;
    /// Workers that have not finished the job.
    _Alignas(64) _Atomic uint32_t busy;
    _Atomic uint32_t caller_sleeps;
    worker workers[];
};

/// Set while the thread runs a tile.
static _Thread_local int inside_tile;

static void pause_thread(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void sleep_while(_Atomic uint32_t *word, uint32_t value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }

static void wake(_Atomic uint32_t *word, int threads) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0); }

static int64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/// Waits until *word is not `value`; true, or false once the spinning time is over.
static int spin_while(const ck_team *team, _Atomic uint32_t *word, uint32_t value) {
    int64_t end = 0;
    for (uint32_t look = 0;; look++) {
        if (atomic_load_explicit(word, memory_order_acquire) != value) return 1;
        pause_thread();
        if (look % LOOKS_PER_CLOCK == LOOKS_PER_CLOCK - 1) {
            int64_t now = microseconds();
            if (end == 0) end = now + team->spin_microseconds;
            else if (now >= end) return 0;
        }
    }
}

static void run_tiles(ck_team *team, size_t index) {
    inside_tile = 1;
    for (;;) {
        size_t tile = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed);
        if (tile >= team->count) break;
        team->tile(team->context, tile, index);
    }
    inside_tile = 0;
}

static void await_job(ck_team *team, uint32_t epoch) {
    if (spin_while(team, &team->epoch, epoch)) return;
    // Counted before the epoch is looked at again: the caller raises it before it looks at the count, so one of the two sees the other.
    atomic_fetch_add(&team->sleepers, 1);
    while (atomic_load(&team->epoch) == epoch) sleep_while(&team->epoch, epoch);
    atomic_fetch_sub(&team->sleepers, 1);
}

static void *worker_main(void *argument) {
    worker *self = argument;
    ck_team *team = self->team;
    for (uint32_t epoch = 0;; epoch++) {
        await_job(team, epoch);
        if (team->ending) return NULL;
        run_tiles(team, self->index);
        if (atomic_fetch_sub(&team->busy, 1) == 1 && atomic_load(&team->caller_sleeps)) wake(&team->busy, 1);
    }
}

static void publish(ck_team *team) {
    atomic_fetch_add(&team->epoch, 1);
    if (atomic_load(&team->sleepers) > 0) wake(&team->epoch, MOST_THREADS);
}

static void await_workers(ck_team *team) {
    for (;;) {
        uint32_t busy = atomic_load_explicit(&team->busy, memory_order_acquire);
        if (busy == 0) return;
        if (spin_while(team, &team->busy, busy)) continue;
        atomic_store(&team->caller_sleeps, 1);
        while ((busy = atomic_load(&team->busy)) != 0) sleep_while(&team->busy, busy);
        atomic_store(&team->caller_sleeps, 0);
    }
}

/// The team's job, the caller's own: its lock is held.
static void run_together(ck_team *team, size_t count, ck_tile tile, void *context) {
    team->tile = tile;
    team->context = context;
    team->count = count;
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    atomic_store_explicit(&team->busy, (uint32_t)team->threads - 1, memory_order_relaxed);
    publish(team);
    run_tiles(team, 0);
    await_workers(team);
}

static void run_in_order(size_t count, ck_tile tile, void *context) {
    for (size_t i = 0; i < count; i++) tile(context, i, 0);
}

void ck_team_run(ck_team *team, size_t count, ck_tile tile, void *context) {
    if (inside_tile) {
        run_in_order(count, tile, context);
        return;
    }
    // Also where nobody has to be woken: worker 0 is one thread at a time.
    pthread_mutex_lock(&team->caller);
    if (team->threads == 1 || count <= 1) {
        inside_tile = 1;
        run_in_order(count, tile, context);
        inside_tile = 0;
    } else {
        run_together(team, count, tile, context);
    }
    pthread_mutex_unlock(&team->caller);
}

static int start_worker(ck_team *team, size_t index, const int32_t *cpus) {
    worker *self = &team->workers[index];
    *self = (worker){.team = team, .index = index};
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error) return error;
    if (cpus) {
        cpu_set_t set;
        CPU_ZERO(&set);
        if (cpus[index] < 0 || cpus[index] >= CPU_SETSIZE) error = EINVAL;
        else CPU_SET((size_t)cpus[index], &set);
        if (!error) error = pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
    }
    if (!error) error = pthread_create(&self->thread, &attributes, worker_main, self);
    pthread_attr_destroy(&attributes);
    if (error) return error;
    char name[16];
    snprintf(name, sizeof name, "kernels-%zu", index);
    pthread_setname_np(self->thread, name);
    return 0;
}

static void end_workers(ck_team *team, size_t started) {
    team->ending = 1;
    publish(team);
    for (size_t i = 1; i < started; i++) pthread_join(team->workers[i].thread, NULL);
    pthread_mutex_destroy(&team->caller);
    free(team);
}

ck_team *ck_team_create(size_t threads, uint32_t spin_microseconds, const int32_t *cpus) {
    if (threads < 1 || threads > MOST_THREADS) {
        errno = EINVAL;
        return NULL;
    }
    size_t bytes = (sizeof(ck_team) + threads * sizeof(worker) + 63) / 64 * 64;
    ck_team *team = aligned_alloc(64, bytes);
    if (!team) return NULL;
    *team = (ck_team){.threads = threads, .spin_microseconds = spin_microseconds};
    pthread_mutex_init(&team->caller, NULL);
    for (size_t i = 1; i < threads; i++) {
        int error = start_worker(team, i, cpus);
        if (error) {
            end_workers(team, i);
            errno = error;
            return NULL;
        }
    }
    return team;
}

void ck_team_destroy(ck_team *team) { end_workers(team, team->threads); }

size_t ck_team_size(const ck_team *team) { return team->threads; }
