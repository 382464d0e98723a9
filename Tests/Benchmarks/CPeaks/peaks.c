#include "peaks.h"

#include <cblas.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

// Twelve chains hide the latency of the units (4 to 5 cycles at two a cycle). The assembly constraint keeps a value in its register and
// from being computed ahead.
#define CHAINS 12
#define KEEP(x) __asm__ volatile("" : "+v"(x))

#define LOOP(name, vector, zero, step)                                                  \
    static void name(uint64_t rounds) {                                                 \
        vector acc[CHAINS], a = zero, b = zero;                                         \
        for (int i = 0; i < CHAINS; i++) acc[i] = zero;                                 \
        KEEP(a);                                                                        \
        KEEP(b);                                                                        \
        for (uint64_t r = 0; r < rounds; r++) {                                         \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) {       \
                acc[i] = step;                                                          \
                KEEP(acc[i]);                                                           \
            }                                                                           \
        }                                                                               \
    }

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
LOOP(f32_avx2, __m256, _mm256_setzero_ps(), _mm256_fmadd_ps(a, b, acc[i]))
// The shortest way to sums of bytes without saturation: pairs of 16 bits.
LOOP(int8_avx2, __m256i, _mm256_setzero_si256(), _mm256_add_epi32(acc[i], _mm256_madd_epi16(a, acc[i])))
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw"))), apply_to = function)
LOOP(f32_avx512, __m512, _mm512_setzero_ps(), _mm512_fmadd_ps(a, b, acc[i]))
LOOP(int8_avx512, __m512i, _mm512_setzero_si512(), _mm512_add_epi32(acc[i], _mm512_madd_epi16(a, acc[i])))
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vnni"))), apply_to = function)
LOOP(int8_vnni, __m512i, _mm512_setzero_si512(), _mm512_dpbusd_epi32(acc[i], a, b))
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bf16"))), apply_to = function)
LOOP(bf16_avx512, __m512, _mm512_setzero_ps(), _mm512_dpbf16_ps(acc[i], (__m512bh)a, (__m512bh)b))
#pragma clang attribute pop

// Tiles of 16 rows of 64 bytes: four sums hide the latency of a tile product (52 cycles at 16 a product). Zeros, as above.
typedef struct tiles {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} __attribute__((aligned(64))) tiles;

#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16"))), apply_to = function)
static void bf16_amx(uint64_t rounds) {
    tiles all = {.palette = 1};
    for (int t = 0; t < 8; t++) {
        all.row_bytes[t] = 64;
        all.rows[t] = 16;
    }
    _tile_loadconfig(&all);
    for (uint64_t r = 0; r < rounds; r++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
}
#pragma clang attribute pop

static const peak_loop loops[] = {
    {"avx512_amx", "bf16", bf16_amx, 4 * 16 * 16 * 32 * 2},
    {"avx2", "f32", f32_avx2, CHAINS * 8 * 2},
    {"avx2", "int8", int8_avx2, CHAINS * 16 * 2},
    {"avx512", "f32", f32_avx512, CHAINS * 16 * 2},
    {"avx512", "int8", int8_avx512, CHAINS * 32 * 2},
    {"avx512_vnni", "int8", int8_vnni, CHAINS * 64 * 2},
    {"avx512_bf16", "bf16", bf16_avx512, CHAINS * 32 * 2},
};
enum { loop_count = sizeof loops / sizeof *loops };
#else
static const peak_loop *loops;
enum { loop_count = 0 };
#endif

const peak_loop *peak_find(const char *isa, const char *type) {
    for (int i = 0; i < loop_count; i++) {
        if (strcmp(loops[i].isa, isa) == 0 && strcmp(loops[i].type, type) == 0) return &loops[i];
    }
    return NULL;
}

// Eight sums, so that no chain of additions is longer than a cache line's arrival.
#define READ(name, vector_bytes)                                                                    \
    static uint64_t name(const void *memory, size_t bytes) {                                        \
        typedef uint64_t line __attribute__((vector_size(vector_bytes), aligned(1)));               \
        const line *at = memory;                                                                    \
        line sums[8] = {{0}};                                                                       \
        for (size_t i = 0; i + 8 <= bytes / vector_bytes; i += 8) {                                 \
            for (size_t j = 0; j < 8; j++) {                                                        \
                __builtin_prefetch((const char *)(at + i + j) + 2560);                              \
                sums[j] += at[i + j];                                                               \
            }                                                                                       \
        }                                                                                           \
        for (int j = 1; j < 8; j++) sums[0] ^= sums[j];                                             \
        uint64_t result = 0;                                                                        \
        for (size_t lane = 0; lane < vector_bytes / 8; lane++) result ^= sums[0][lane];             \
        return result;                                                                              \
    }

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
READ(read_64, 64)
#pragma clang attribute pop
#endif
READ(read_16, 16)

uint64_t peak_read(const void *memory, size_t bytes) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return read_64(memory, bytes);
#endif
    return read_16(memory, bytes);
}

#define UPDATE(name, vector_bytes)                                                                     \
    static void name(const float *g, float *const *arrays, size_t count, size_t n) {                   \
        typedef float line __attribute__((vector_size(vector_bytes), aligned(4)));                     \
        for (size_t i = 0; i + vector_bytes / 4 <= n; i += vector_bytes / 4) {                         \
            line value = {0};                                                                          \
            if (g) value = *(const line *)(g + i);                                                     \
            for (size_t a = 0; a < count; a++) *(line *)(arrays[a] + i) = *(line *)(arrays[a] + i) + value; \
        }                                                                                              \
    }

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
UPDATE(update_64, 64)
#pragma clang attribute pop
#endif
UPDATE(update_16, 16)

void peak_update(const float *g, float *const *arrays, size_t count, size_t n) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        update_64(g, arrays, count, n);
        return;
    }
#endif
    update_16(g, arrays, count, n);
}

void peak_sgemm(size_t m, size_t n, size_t k, const float *a, const float *b, float *c) {
    openblas_set_num_threads(1);
    cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)m, (blasint)n, (blasint)k, 1, a, (blasint)k, b, (blasint)k, 0, c, (blasint)n);
}

const char *peak_sgemm_core(void) { return openblas_get_corename(); }
