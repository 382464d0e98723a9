#pragma once
// What the machine can do at best, for the fractions of the kernel benchmarks: multiply-add loops that touch registers alone, and
// streams that touch memory alone. One thread each; the caller runs one on every thread it measures with.
#include <stddef.h>
#include <stdint.h>

/// A loop of independent multiply-adds on `isa`'s widest registers.
typedef struct peak_loop {
    /// kernels' name of the set and the element type: f32, bf16 or int8.
    const char *_Nonnull isa;
    const char *_Nonnull type;
    /// Runs `rounds` rounds.
    void (*_Nonnull run)(uint64_t rounds);
    /// Multiplications and additions a round.
    uint64_t operations;
} peak_loop;

/// The loop of a set's fastest way with a type; NULL where the set has none of its own. Runs only where the processor has the set, and
/// AMX's only where Linux has let the process use the tiles, as whoever asks for kernels of that set has done.
const peak_loop *_Nullable peak_find(const char *_Nonnull isa, const char *_Nonnull type);

/// Reads `bytes` bytes (a multiple of 1024) once; the result keeps the loads alive.
uint64_t peak_read(const void *_Nonnull memory, size_t bytes);

/// Goes through n numbers of each array (at most 3), which it reads and writes, and of g, which it reads where it is not NULL: the
/// streams of an optimiser's step (3 arrays and g) or of an operation in place (1, without g), without the arithmetic.
void peak_update(const float *_Nullable g, float *_Nonnull const *_Nonnull arrays, size_t count, size_t n);

/// OpenBLAS on one thread: C[m, n] = A[m, k] B[n, k]^T, row-major without gaps.
void peak_sgemm(size_t m, size_t n, size_t k, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull c);
/// The kernels that OpenBLAS runs, such as SkylakeX; OPENBLAS_CORETYPE forces others.
const char *_Nonnull peak_sgemm_core(void);
