#pragma once
#include <stddef.h>
#include <stdint.h>

// Products C[M, N] (+)= A[M, K] W[N, K]^T of activations rounded to 8 bits and quantised weights.
//
// Activations: per row and block of 32, a = scale * q with scale = max |a| / 127 and q = a / scale rounded, -127 to 127;
// a block whose largest is below 2^-119, so that 127 / max overflows, counts as zeros.
// Weights, per row and group of 16 or 32: w = scale * (u - offset) + minimum, u an unsigned integer of 4 or 8 bits.
// The sum of q (u - offset) over a group is exact in 32 bits; groups are then scaled and added in float32 in the order of k, one
// chain an element of C, so its bits do not depend on M, N, the tile or the thread. A NaN or an infinity in a block of A makes
// its scale one, and so the row's results NaN or infinity.
//
// K is a multiple of 32.

/// What a weight panel holds. Names follow the GGUF types they are made of.
typedef enum ck_weight_format {
    /// 4 bits, offset 8, half-precision scales: Q4_0.
    CK_WEIGHTS_4_0,
    /// 4 bits, half-precision scales and minima: Q4_1.
    CK_WEIGHTS_4_1,
    /// 4 bits, single-precision scales and minima: Q4_K, whose two-level scales are multiplied out.
    CK_WEIGHTS_4_K,
    /// 8 bits, offset 16, half-precision scales: Q5_0.
    CK_WEIGHTS_5_0,
    /// 8 bits, half-precision scales and minima: Q5_1.
    CK_WEIGHTS_5_1,
    /// 8 bits, single-precision scales and minima: Q5_K.
    CK_WEIGHTS_5_K,
    /// 8 bits, offset 32, single-precision scales of groups of 16: Q6_K.
    CK_WEIGHTS_6_K,
    /// 8 bits, offset 128, half-precision scales: Q8_0.
    CK_WEIGHTS_8_0,
} ck_weight_format;

/// A format taken apart. The kernels are instantiated for each, with these as constants.
typedef struct ck_weight_layout {
    /// Bits of a stored u: 4 or 8.
    uint8_t bits;
    /// Bits that u has at most: 4, 5, 6 or 8.
    uint8_t value_bits;
    /// u - 2^offset_shift is multiplied where there is no minimum.
    uint8_t offset_shift;
    /// Weights that share a scale: 16 or 32.
    uint8_t group;
    /// Whether there is a minimum (then no offset).
    uint8_t has_minimum;
    /// Bytes of a stored scale or minimum: 2 (half precision) or 4 (single).
    uint8_t scale_bytes;
} ck_weight_layout;

/// Rounded activations in panels of `rows` rows, as ck_quantized_ops lays them out; h rows in a panel, the last may have fewer.
/// The arrays of the panel that begins at row r begin at r times their length per row.
typedef struct ck_activations {
    /// [K / 4][h][4].
    int8_t *_Nonnull values;
    /// [K / 32][h].
    float *_Nonnull scales;
    /// Minus the sums of the values of a block: [K / 32][h].
    int32_t *_Nonnull negative_sums;
    /// Minus the sums of half a block: [K / 16][h].
    int32_t *_Nonnull negative_half_sums;
    /// scale times the sum of the values of a block: [K / 32][h].
    float *_Nonnull scaled_sums;
} ck_activations;

/// A panel of `columns` rows of W: values [K / 4][columns][4], then scales [K / group][columns], then minima likewise. With 4 bits
/// a block of 32 takes [4][columns][4] bytes, whose low halves are the first 16 weights of the block and high halves the last.
/// Columns past N are zeros, scales too.
typedef struct ck_quantized_ops {
    /// Rows of an activation panel.
    size_t rows;
    /// Columns of a weight panel.
    size_t columns;
    /// What `tile` needs of scratch memory; 0 for none.
    size_t scratch_bytes;
    /// Rounds `h` rows (1 to rows) of A from `a` on into the panel at row `row`.
    void (*_Nonnull round_rows)(
        const float *_Nonnull a, size_t a_stride, size_t h, size_t k, const ck_activations *_Nonnull out, size_t row);
    /// C[m, n] (+)= rows row..<row + m of the activations (row a multiple of `rows`) times one panel, of which n columns count.
    /// scratch: scratch_bytes bytes, 64-byte aligned, the caller's alone.
    void (*_Nonnull tile)(
        const ck_activations *_Nonnull a, size_t row, size_t m, size_t k, ck_weight_format format, const void *_Nonnull panel,
        float *_Nonnull c, size_t c_stride, size_t n, int accumulate, uint8_t *_Nonnull scratch);
} ck_quantized_ops;

ck_weight_layout ck_weight_layout_of(ck_weight_format format);
/// Bytes of a panel, a multiple of 64.
size_t ck_weight_panel_bytes(ck_weight_format format, size_t columns, size_t k);
/// Fills a panel with `lines` rows (at most columns) of K weights in the GGUF blocks of the format's type, row_bytes apart.
void ck_weight_panel_pack(
    ck_weight_format format, const void *_Nonnull blocks, size_t row_bytes, size_t lines, size_t columns, size_t k, void *_Nonnull panel);
