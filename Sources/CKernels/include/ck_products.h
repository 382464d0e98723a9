#pragma once
#include <stddef.h>
#include <stdint.h>

// Dense products C[M, N] (+)= A[M, K] B[N, K]^T over packed operands.
//
// Either element type is packed in 4-byte *units*: a unit is a float32, or two bfloat16 with neighbouring k, the lower k in the lower
// half. K elements make `steps` units: K, or K / 2 rounded up, and then up to a multiple of `step_multiple`, with zeros past K.
//
//   A in panels of `rows` rows:       panel p: h * steps units in the set's own order, h = rows of the panel (fewer in the last one)
//   B in panels of `columns` columns: panel p: [steps][columns] units, zeros past N
//
// An element of C is a chain of multiply-adds along k for each steps_per_pass units, and the sum of these in order, whatever its
// neighbours: its bits do not depend on M, N, the tile or the thread. Sums are float32 (float64 in the slow twin). bfloat16 inputs are
// rounded to nearest even and their products are exact, but for the sets whose processors multiply bfloat16 (avx512_bf16 and
// avx512_amx) below the range of normal numbers: VDPBF16PS and TDPBF16PS take a subnormal input for zero, and make zero of a subnormal sum.

/// The products of one element type.
typedef struct ck_product_ops {
    /// Elements of k in a unit: 1 (float32) or 2 (bfloat16).
    size_t unit;
    /// What the number of units along k is rounded up to.
    size_t step_multiple;
    /// Rows of an A panel.
    size_t rows;
    /// Whether the last A panel has all its rows too, zeros past M.
    int full_rows;
    /// Columns of a B panel; a multiple of 8.
    size_t columns;
    /// Units along k that a tile works through before it goes to the next panel: what is used again stays in the first-level cache. A
    /// multiple of step_multiple; PTRDIFF_MAX for all.
    size_t steps_per_pass;
    /// Rows of A to work on at a time: of a pass they stay in the second-level cache, beside the part of B in work.
    size_t rows_per_block;

    /// Packs the matrix element(l, k) = source[l * line_stride + k * k_stride], of which one stride is 1, as A's panels one after the
    /// other: lines * steps units at `out`, those of all rows of the last panel where it is full.
    void (*_Nonnull pack_left)(
        const float *_Nonnull source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *_Nonnull out);
    /// The same as B's panels, `steps` units along k from one to the next, of which those of these k are written. Lines past `lines`
    /// become zeros. k may be a part of the panels' where it begins and, but for their end, ends at a multiple of unit * step_multiple.
    void (*_Nonnull pack_right)(
        const float *_Nonnull source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *_Nonnull out);

    /// C[m, n] (+)= the product of A's panels from `a` on (m rows of `steps` units) and one or more B panels from `b` on (n columns), of
    /// which `steps` units count and `b_steps` lie from one panel to the next for each column. accumulate 0 overwrites C, and never reads it.
    void (*_Nonnull tile)(
        const void *_Nonnull a, const void *_Nonnull b, size_t b_steps, float *_Nonnull c, size_t c_stride, size_t m, size_t n, size_t steps,
        int accumulate);
} ck_product_ops;
