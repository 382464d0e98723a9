#pragma once
#include <stddef.h>

/// Counts the process's calls of the allocator, by defining its functions in glibc's place. 0 under a sanitizer, which does that itself.
int allocations_supported(void);
/// Calls that asked for memory, of all threads, since the process began.
size_t allocations_count(void);
