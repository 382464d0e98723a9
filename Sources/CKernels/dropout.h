#pragma once
#include <stdint.h>

/// The first random half word that keeps an element: rate 2^16, for 0 <= rate < 1.
static inline uint32_t ck_dropout_threshold(float rate) { return (uint32_t)((double)rate * 65536.0); }
