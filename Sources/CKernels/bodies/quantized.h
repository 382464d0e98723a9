#pragma once
// Quantised products of a set: CK_QUANTIZED_ROWS rows of activations by CK_QUANTIZED_VECTORS vectors of columns, integer sums of a group in registers, then
// scaled into float32 sums beside them.
#include "round.h"
#include "byte_dot.h"

/// Where a tile stands: what of the activations and of a panel a micro-kernel reads, and what of C it writes.
typedef struct quantized_view {
    const int8_t *q;
    const float *scales, *scaled_sums;
    const int32_t *negative_sums;
    const uint8_t *values, *weight_scales, *minima;
    float *c;
    size_t c_stride, columns, blocks;
    int accumulate;
} quantized_view;

static inline __attribute__((always_inline)) vf scale_vector(const uint8_t *scales, const int v, const int scale_bytes) {
    const uint8_t *at = scales + v * V_LANES * scale_bytes;
    return scale_bytes == 2 ? v_load_f16((const uint16_t *)(const void *)at) : v_load((const float *)(const void *)at);
}

/// Columns of the view that fall to vector v.
static inline __attribute__((always_inline)) size_t columns_of(const quantized_view *at, const int v) {
    return at->columns > (size_t)v * V_LANES ? at->columns - (size_t)v * V_LANES : 0;
}

/// C[h, columns] (+)= a panel of activations times a panel of weights, over the view's blocks of 32. h, layout and packed are
/// constants where this is instantiated.
static inline __attribute__((always_inline)) void quantized_micro(
    const int h, const ck_weight_layout layout, const int packed, const quantized_view *at
) {
    const int groups = 32 / layout.group, steps = layout.group / 4, vectors = CK_QUANTIZED_VECTORS;
    const int offset_in_dot = WHOLE_BYTES_ARE_SIGNED && layout.value_bits == 8;
    const size_t group_scales = QUANTIZED_COLUMNS * (size_t)layout.scale_bytes;
    const int8_t *q = at->q;
    const float *scales = at->scales, *scaled_sums = at->scaled_sums;
    const int32_t *sums = at->negative_sums;
    const uint8_t *u = at->values, *weight_scales = at->weight_scales, *minima = at->minima;
    vf total[CK_QUANTIZED_ROWS][CK_QUANTIZED_VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < h; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            total[r][v] = at->accumulate ? v_load_n(at->c + (size_t)r * at->c_stride + v * V_LANES, columns_of(at, v)) : v_zero();
        }
    }
    for (size_t t = 0; t < at->blocks; t++) {
#pragma clang loop unroll(full)
        for (int g = 0; g < groups; g++) {
            vi acc[CK_QUANTIZED_ROWS][CK_QUANTIZED_VECTORS];
#pragma clang loop unroll(full)
            for (int r = 0; r < h; r++) {
                // The offset's part of the sum: -2^offset_shift times the sum of the row's values.
                vi start = layout.has_minimum || offset_in_dot ? vi_set1(0) : vi_shl(vi_set1(sums[g * h + r]), layout.offset_shift);
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) acc[r][v] = start;
            }
            byte_dots(h, layout.value_bits, packed, g * steps, steps, u, q, acc);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) {
                vf scale = scale_vector(weight_scales, v, layout.scale_bytes);
#pragma clang loop unroll(full)
                for (int r = 0; r < h; r++) {
                    total[r][v] = v_fma(vi_to_float(acc[r][v]), v_mul(scale, v_set1(scales[r])), total[r][v]);
                }
                if (!layout.has_minimum) continue;
                vf minimum = scale_vector(minima, v, layout.scale_bytes);
#pragma clang loop unroll(full)
                for (int r = 0; r < h; r++) total[r][v] = v_fma(v_set1(scaled_sums[r]), minimum, total[r][v]);
            }
            weight_scales += group_scales;
            minima += group_scales;
        }
        u += (packed ? 16 : 32) * QUANTIZED_COLUMNS;
        q += 32 * h;
        scales += h;
        scaled_sums += h;
        sums += groups * h;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < h; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) v_store_n(at->c + (size_t)r * at->c_stride + v * V_LANES, total[r][v], columns_of(at, v));
    }
}

/// The bytes that half bytes stand for, as whole ones.
static void unpack_values(const uint8_t *packed, size_t blocks, uint8_t *out) {
    for (size_t t = 0; t < blocks; t++) {
#pragma clang loop unroll(full)
        for (int s = 0; s < 8; s++) {
            for (int v = 0; v < CK_QUANTIZED_VECTORS; v++) {
                vi_store(out + (size_t)(s * CK_QUANTIZED_VECTORS + v) * V_LANES * 4, weight_vector(packed, 1, s, v));
            }
        }
        packed += 16 * QUANTIZED_COLUMNS;
        out += 32 * QUANTIZED_COLUMNS;
    }
}

#define QUANTIZED_CASE(height) \
    case height: quantized_micro(height, layout, packed, at); return;

static inline __attribute__((always_inline)) void quantized_panel(
    size_t h, const ck_weight_layout layout, const int packed, const quantized_view *at
) {
    switch (h) {
        QUANTIZED_CASE(1)
        QUANTIZED_CASE(2)
        QUANTIZED_CASE(3)
        QUANTIZED_CASE(4)
#if CK_QUANTIZED_ROWS > 4
        QUANTIZED_CASE(5)
        QUANTIZED_CASE(6)
#endif
    }
}

/// One format's tile, in passes over k: the weights of a pass, unpacked, stay in the first-level cache while the rows go by. A few
/// rows unpack half bytes on the way and take all of k at once.
static inline __attribute__((always_inline)) void quantized_format(
    const ck_weight_layout layout, const ck_activations *a, size_t row, size_t m, size_t k, const uint8_t *panel, float *c, size_t c_stride,
    size_t n, int accumulate, uint8_t *scratch
) {
    const size_t blocks = k / 32, groups = 32u / layout.group, group_scales = QUANTIZED_COLUMNS * (size_t)layout.scale_bytes;
    const int on_the_way = layout.bits == 4 && m <= CK_QUANTIZED_ROWS;
    // Passes of one length, or the last would be short: a pass costs a look at C. `passes` is 1 for no blocks.
    const size_t passes = m <= CK_QUANTIZED_ROWS || blocks == 0 ? 1 : (blocks - 1) / (CK_QUANTIZED_PASS / 32) + 1;
    const size_t pass = (blocks + passes - 1) / passes;
    const uint8_t *scales = panel + k * QUANTIZED_COLUMNS * layout.bits / 8, *minima = scales + blocks * groups * group_scales;
    // Once even without blocks: the product is zero then, and has to be written.
    size_t from = 0;
    do {
        quantized_view at = {.c_stride = c_stride, .columns = n, .accumulate = accumulate || from > 0};
        at.blocks = blocks - from < pass ? blocks - from : pass;
        at.values = panel + from * 32 * QUANTIZED_COLUMNS * layout.bits / 8;
        at.weight_scales = scales + from * groups * group_scales;
        at.minima = minima + from * groups * group_scales;
        if (layout.bits == 4 && !on_the_way) {
            unpack_values(at.values, at.blocks, scratch);
            at.values = scratch;
        }
        for (size_t i = 0; i < m; i += CK_QUANTIZED_ROWS) {
            size_t h = m - i < CK_QUANTIZED_ROWS ? m - i : CK_QUANTIZED_ROWS, first = row + i;
            at.q = a->values + first * k + from * 32 * h;
            at.scales = a->scales + first * blocks + from * h;
            at.scaled_sums = a->scaled_sums + first * blocks + from * h;
            at.negative_sums = groups == 1 ? a->negative_sums + first * blocks + from * h
                                           : a->negative_half_sums + first * 2 * blocks + from * 2 * h;
            at.c = c + i * c_stride;
            if (on_the_way) quantized_panel(h, layout, 1, &at);
            else quantized_panel(h, layout, 0, &at);
        }
        from += pass;
    } while (from < blocks);
}

#define FORMAT_TILE(name, format)                                                                                                      \
    static __attribute__((noinline)) void name(                                                                                        \
        const ck_activations *a, size_t row, size_t m, size_t k, const uint8_t *panel, float *c, size_t c_stride, size_t n,            \
        int accumulate, uint8_t *scratch                                                                                               \
    ) {                                                                                                                                \
        quantized_format(CK_LAYOUT(format), a, row, m, k, panel, c, c_stride, n, accumulate, scratch);                                 \
    }

FORMAT_TILE(tile_4_0, CK_WEIGHTS_4_0)
FORMAT_TILE(tile_4_1, CK_WEIGHTS_4_1)
FORMAT_TILE(tile_4_k, CK_WEIGHTS_4_K)
FORMAT_TILE(tile_5_0, CK_WEIGHTS_5_0)
FORMAT_TILE(tile_5_1, CK_WEIGHTS_5_1)
FORMAT_TILE(tile_5_k, CK_WEIGHTS_5_K)
FORMAT_TILE(tile_6_k, CK_WEIGHTS_6_K)
FORMAT_TILE(tile_8_0, CK_WEIGHTS_8_0)

static void quantized_tile(
    const ck_activations *a, size_t row, size_t m, size_t k, ck_weight_format format, const void *panel, float *c, size_t c_stride, size_t n,
    int accumulate, uint8_t *scratch
) {
    switch (format) {
        case CK_WEIGHTS_4_0: tile_4_0(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_4_1: tile_4_1(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_4_K: tile_4_k(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_5_0: tile_5_0(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_5_1: tile_5_1(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_5_K: tile_5_k(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_6_K: tile_6_k(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
        case CK_WEIGHTS_8_0: tile_8_0(a, row, m, k, panel, c, c_stride, n, accumulate, scratch); return;
    }
}

const ck_quantized_ops CK_SET(ck_quantized) = {
    .rows = CK_QUANTIZED_ROWS,
    .columns = QUANTIZED_COLUMNS,
    .scratch_bytes = CK_QUANTIZED_PASS * QUANTIZED_COLUMNS,
    .round_rows = round_rows,
    .tile = quantized_tile,
};
