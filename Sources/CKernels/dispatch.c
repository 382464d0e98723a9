// Which set of kernels runs: chosen once, by what the processor has and the operating system saves.
#define _GNU_SOURCE
#include "tables.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

typedef struct candidate {
    int (*usable)(void);
    ck_table table;
} candidate;

static int always(void) { return 1; }

#if defined(__x86_64__)
// __builtin_cpu_supports reads cpuid and xgetbv: false where the operating system does not save the wide registers.
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"); }
static int has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl");
}
static int has_vnni(void) { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }
static int has_bf16(void) { return has_vnni() && __builtin_cpu_supports("avx512bf16"); }

/// Whether the operating system saves the tiles and lets this process use them: they are asked for first (arch_prctl of Linux 5.16),
/// since their 8 KiB a thread are not to be saved for everybody. It says no where a thread has too small a signal stack for them.
static int may_use_tiles(void) {
#if defined(__linux__)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18, STATES_OF_TILES = 3 << 17 };
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & STATES_OF_TILES) == STATES_OF_TILES && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return 0;
#endif
}
static int has_amx(void) {
    enum { BF16 = 1 << 22, TILE = 1 << 24 };
    unsigned a, b, c, d;
    // Bits that older compilers' libraries do not know. That there is xgetbv is among what has_bf16 asks.
    return has_bf16() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & (BF16 | TILE)) == (BF16 | TILE) && may_use_tiles();
}
#define OWN(operations, set) &operations##_##set
#define ON_TILES(operations) &operations##_avx512_amx
#else
// The names alone: never usable.
static int never(void) { return 0; }
#define has_avx2 never
#define has_avx512 never
#define has_vnni never
#define has_bf16 never
#define has_amx never
#define OWN(operations, set) &operations##_generic
#define ON_TILES(operations) NULL
#endif

// A set's own products of each kind, and attention where it has tiles; everything else comes in three widths.
#define SET(usable, name, bf16, quantized, width, rounded_attention)                                                           \
    {usable,                                                                                                                   \
     {name, OWN(ck_f32_products, width), OWN(ck_bf16_products, bf16), OWN(ck_quantized, quantized), OWN(ck_rows, width),       \
      OWN(ck_elementwise, width), OWN(ck_optimizer, width), OWN(ck_attention, width), rounded_attention}}

// Widest first. A set is named on every machine, so that an unsupported one is told from a misspelt one.
static const candidate candidates[] = {
    SET(has_amx, "avx512_amx", avx512_amx, avx512_vnni, avx512, ON_TILES(ck_rounded_attention)),
    SET(has_bf16, "avx512_bf16", avx512_bf16, avx512_vnni, avx512, NULL),
    SET(has_vnni, "avx512_vnni", avx512, avx512_vnni, avx512, NULL),
    SET(has_avx512, "avx512", avx512, avx512, avx512, NULL),
    SET(has_avx2, "avx2", avx2, avx2, avx2, NULL),
    SET(always, "generic", generic, generic, generic, NULL),
};
enum { candidate_count = sizeof candidates / sizeof *candidates };

ck_status ck_select(const char *isa, const ck_table **out) {
    *out = NULL;
    for (size_t i = 0; i < candidate_count; i++) {
        if (isa && strcmp(isa, candidates[i].table.name) != 0) continue;
        if (candidates[i].usable()) {
            *out = &candidates[i].table;
            return CK_OK;
        }
        if (isa) return CK_UNSUPPORTED_ISA;
    }
    return CK_UNKNOWN_ISA;
}

const char *ck_isa_name(size_t index) { return index < candidate_count ? candidates[index].table.name : NULL; }
