// AVX-512 with F, BW, DQ and VL: servers since 2017.
#include "../dropout.h"
#include "../tables.h"
#include "../weight_layouts.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)

#define CK_SET(name) name##_avx512
#define CK_PANEL_ROWS 12
#define CK_STEPS_PER_PASS 512
#define CK_QUANTIZED_ROWS 6
#define CK_QUANTIZED_VECTORS 2
#define CK_QUANTIZED_PASS 512
#define CK_SCORE_ROWS 6
#define CK_WEIGHTED_ROWS 6
#define CK_WEIGHTED_VECTORS 4

#include "../vector/avx512.h"

#include "../bodies/math.h"
#include "../bodies/pack.h"
#include "../bodies/products.h"
#include "../bodies/quantized.h"
#include "../bodies/rows.h"
#include "../bodies/rotate.h"
#include "../bodies/elementwise.h"
#include "../bodies/philox.h"
#include "../bodies/optimizer.h"
#include "../bodies/attention_parts.h"
#include "../bodies/attention_paged.h"
#include "../bodies/attention_listed.h"
#include "../bodies/attention_dense.h"

#pragma clang attribute pop
#endif
