// AMX: tiles of bfloat16 beside AVX-512 with bfloat16 and VNNI: servers since 2023. Quantised products are VNNI's, float32's all AVX-512's.
#include "../dropout.h"
#include "../tables.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,amx-tile,amx-bf16"))), apply_to = function)

#define CK_SET(name) name##_avx512_amx
#define CK_STEPS_PER_PASS 256
#define CK_ROWS_PER_BLOCK 256
#define CK_COLUMNS_PER_BLOCK 512

#include "../vector/avx512.h"

#include "../bodies/pack_pairs.h"
#include "../bodies/tile_products.h"
#include "../bodies/math.h"
#include "../bodies/tile_attention.h"

#pragma clang attribute pop
#endif
