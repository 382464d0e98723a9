#pragma once
#include <stddef.h>
#include <stdint.h>

// Dense products C[M, N] (+)= A[M, K] B[N, K]^T over packed operands.
//
// Both element types use one geometry of 4-byte *units*: a unit is a float32, or two bfloat16 with neighbouring k, the lower k in
// the lower half. K elements make `steps` units: K, or K / 2 rounded up with a zero at the end.
//
//   A in panels of `rows` rows:       panel p: [steps][h] units, h = rows of the panel (fewer in the last one)
//   B in panels of `columns` columns: panel p: [steps][columns] units, zeros past N
//
// An element of C is a chain of multiply-adds along k for each steps_per_pass units, and the sum of these in order, whatever its
// neighbours: its bits do not depend on M, N, the tile or the thread. Sums are float32 (float64 in the slow twin). bfloat16 inputs are
// rounded to nearest even and their products are exact, but for the avx512_bf16 set below the range of normal numbers: VDPBF16PS takes
// a subnormal input for zero, and makes zero of a subnormal sum.

typedef struct ck_product_ops {
    /// Rows of an A panel.
    size_t rows;
    /// Whether the last A panel has all its rows too, zeros past M.
    int full_rows;
    /// Columns of a B panel; a multiple of 8.
    size_t columns;
    /// Units along k that a tile works through before it goes to the next panel: the B panel's part stays in the first-level cache.
    size_t steps_per_pass;

    /// out[k][width] of lines 0..<lines of the matrix element(l, k) = source[l * line_stride + k * k_stride], of which one stride
    /// is 1; lines <= width <= columns. Lines past `lines` become zeros.
    void (*_Nonnull pack_f32)(
        const float *_Nonnull source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, float *_Nonnull out);
    /// The same, rounded to bfloat16 pairs: out[(k + 1) / 2][width] units.
    void (*_Nonnull pack_bf16)(
        const float *_Nonnull source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, uint32_t *_Nonnull out);

    /// C[m, n] (+)= the product of A's panels from `a` on (m rows) and one or more B panels from `b` on (n columns), over all steps.
    /// accumulate 0 overwrites C, and never reads it.
    void (*_Nonnull tile_f32)(
        const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate);
    void (*_Nonnull tile_bf16)(
        const uint32_t *_Nonnull a, const uint32_t *_Nonnull b, float *_Nonnull c, size_t c_stride, size_t m, size_t n, size_t steps,
        int accumulate);
} ck_product_ops;
