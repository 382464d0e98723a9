#pragma once
#include <stddef.h>
#include <stdint.h>

// A team of threads that share out the tiles of one job at a time. Threads spin for a short while after a job, since the next one of
// a model's step follows within microseconds, and then sleep.

typedef struct ck_team ck_team;
/// One tile of a job. `worker` is below the team's size and no two running tiles share it: it may index scratch memory.
typedef void (*ck_tile)(void *_Nullable context, size_t tile, size_t worker);

/// A team of `threads` threads, the caller of ck_team_run being one of them; 1 to 256. spin_microseconds is how long an idle thread
/// looks for work before it sleeps. cpus, when not NULL, holds `threads` processor numbers: thread i is pinned to cpus[i], but for
/// thread 0, which is the caller's own. NULL when a thread cannot be started or pinned; errno says why.
ck_team *_Nullable ck_team_create(size_t threads, uint32_t spin_microseconds, const int32_t *_Nullable cpus);
/// Ends and joins the threads. No job may be running.
void ck_team_destroy(ck_team *_Nonnull team);
size_t ck_team_size(const ck_team *_Nonnull team);
/// Runs tile(context, i, worker) once for each i below count and returns when all have returned. Tiles are handed out in order, to
/// whichever thread is free. Calls from several threads wait for each other; a call from within a tile of any team runs its tiles on
/// that thread, as worker 0 of a team of one.
void ck_team_run(ck_team *_Nonnull team, size_t count, ck_tile _Nonnull tile, void *_Nullable context);
