// AVX-512 with bfloat16 dot products (and VNNI): servers since 2020. Quantised products are VNNI's, all else AVX-512's.
#include "../tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), apply_to = function)

#define CK_SET(name) name##_avx512_bf16
#define CK_PANEL_ROWS 12
#define CK_STEPS_PER_PASS 512
#define CK_HARDWARE_BF16

#include "../vector/avx512.h"

#include "../bodies/pack_pairs.h"
#include "../bodies/products.h"

#pragma clang attribute pop
#endif
