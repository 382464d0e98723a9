// AVX-512 with byte dot products (VNNI): servers since 2019. The other families are AVX-512's.
#include "../tables.h"
#include "../weight_layouts.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define CK_SET(name) name##_avx512_vnni
#define CK_QUANTIZED_ROWS 6
#define CK_QUANTIZED_VECTORS 2
#define CK_QUANTIZED_PASS 768
#define CK_HARDWARE_VNNI

#include "../vector/avx512.h"

#include "../bodies/quantized.h"

#pragma clang attribute pop
#endif
