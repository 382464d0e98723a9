#pragma once
#include <stdint.h>

/// An eventfd that neither blocks nor is inherited; -1 and errno on failure. Swift's Glibc module lacks `eventfd`.
int csystem_eventfd(void);

/// Names the calling thread, at most 15 bytes of `name`, for debuggers and profilers (`pthread_setname_np` is a GNU extension).
void csystem_name_thread(const char *_Nonnull name);
