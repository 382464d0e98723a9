#pragma once
#include <stddef.h>

/// Plain libzmq in C, as fast as it honestly gets: what rdrec's calls are compared with. A DEALER sends a 40-byte and a 256-byte frame,
/// a ROUTER on a thread of its own sends them back. Two contexts, as two processes would have.
typedef struct pp_session pp_session;

/// Binds `endpoint` (port 0 or `*` = any) and connects to it; NULL on failure, with errno.
pp_session *_Nullable pp_open(const char *_Nonnull endpoint);

/// `count` round trips one after the other; writes each one's seconds to `latencies`.
void pp_unary(pp_session *_Nonnull session, size_t count, double *_Nonnull latencies);

/// `count` round trips with up to `window` in flight; returns the seconds they took.
double pp_in_flight(pp_session *_Nonnull session, size_t count, size_t window);

void pp_close(pp_session *_Nonnull session);
