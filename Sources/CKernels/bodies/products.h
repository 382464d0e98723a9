#pragma once
// The dense products of a set: CK_PANEL_ROWS rows of A by PANEL_COLUMNS columns of B held in registers, one multiply-add chain an
// element for every CK_STEPS_PER_PASS units of k, the chains added in order. The outline is Goto and van de Geijn's (ACM TOMS 34(3),
// 2008): B's panel for a pass over k stays in the first-level cache, A's block in the second, C in registers. A's panels are
// [steps][h] units.

#define VECTORS 2
/// Rows of a block: of a pass over k they take 192 KiB, which leaves the second-level cache room for the right side's panels. Measured
/// on 1 MiB; larger blocks lose a tenth of the speed.
#define CK_ROWS_PER_BLOCK (49152 / CK_STEPS_PER_PASS)
#define PANEL_COLUMNS (VECTORS * V_LANES)

/// acc + the two products of each lane's pairs of bfloat16.
static inline __attribute__((always_inline)) vf dot_pair(vf acc, vi a, vi b) {
#ifdef CK_HARDWARE_BF16
    return _mm512_dpbf16_ps(acc, (__m512bh)a, (__m512bh)b);
#else
    vi upper = vi_set1((int32_t)0xFFFF0000);
    acc = v_fma(vi_float_bits(vi_shl(a, 16)), vi_float_bits(vi_shl(b, 16)), acc);
    return v_fma(vi_float_bits(vi_and(a, upper)), vi_float_bits(vi_and(b, upper)), acc);
#endif
}

/// One unit of k: h * VECTORS multiply-adds.
static inline __attribute__((always_inline)) void product_step(
    const int h, const int pairs, const float *a, const float *b, vf acc[CK_PANEL_ROWS][VECTORS]
) {
    vf b0 = v_load(b), b1 = v_load(b + V_LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < h; r++) {
        vf x = v_set1(a[r]);
        if (pairs) {
            acc[r][0] = dot_pair(acc[r][0], v_bits(x), v_bits(b0));
            acc[r][1] = dot_pair(acc[r][1], v_bits(x), v_bits(b1));
        } else {
            acc[r][0] = v_fma(x, b0, acc[r][0]);
            acc[r][1] = v_fma(x, b1, acc[r][1]);
        }
    }
}

/// C[h, columns] (+)= a panel of A times a panel of B over `steps` units. h and pairs are constants where this is instantiated.
/// ahead: memory that the next panels need, a line of which is asked for every fourth step; any address will do.
static inline __attribute__((always_inline)) void product_micro(
    const int h, const int pairs, const float *a, const float *b, float *c, size_t c_stride, size_t columns, size_t steps, int accumulate,
    const float *ahead
) {
    vf acc[CK_PANEL_ROWS][VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < h; r++) {
        __builtin_prefetch(c + (size_t)r * c_stride, 1);
        __builtin_prefetch(c + (size_t)r * c_stride + PANEL_COLUMNS - 1, 1);
        acc[r][0] = acc[r][1] = v_zero();
    }
    size_t s = 0;
    for (; s + 4 <= steps; s += 4) {
        __builtin_prefetch(ahead, 0, 2);
        ahead += 16;
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) product_step(h, pairs, a + i * h, b + i * PANEL_COLUMNS, acc);
        a += 4 * h;
        b += 4 * PANEL_COLUMNS;
    }
    for (; s < steps; s++) {
        product_step(h, pairs, a, b, acc);
        a += h;
        b += PANEL_COLUMNS;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < h; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < VECTORS; v++) {
            float *at = c + (size_t)r * c_stride + v * V_LANES;
            if (columns == PANEL_COLUMNS) {
                v_store(at, accumulate ? v_add(v_load(at), acc[r][v]) : acc[r][v]);
            } else if (columns > (size_t)v * V_LANES) {
                size_t left = columns - (size_t)v * V_LANES;
                v_store_n(at, accumulate ? v_add(v_load_n(at, left), acc[r][v]) : acc[r][v], left);
            }
        }
    }
}

#define CK_MICRO_CASE(height)                                                                              \
    case height:                                                                                           \
        if (pairs) product_micro(height, 1, a, b, c, c_stride, columns, steps, accumulate, ahead);         \
        else product_micro(height, 0, a, b, c, c_stride, columns, steps, accumulate, ahead);               \
        return;

static inline __attribute__((always_inline)) void product_panel(
    size_t h, const int pairs, const float *a, const float *b, float *c, size_t c_stride, size_t columns, size_t steps, int accumulate,
    const float *ahead
) {
    switch (h) {
        CK_MICRO_CASE(1)
        CK_MICRO_CASE(2)
        CK_MICRO_CASE(3)
        CK_MICRO_CASE(4)
        CK_MICRO_CASE(5)
        CK_MICRO_CASE(6)
#if CK_PANEL_ROWS > 6
        CK_MICRO_CASE(7)
        CK_MICRO_CASE(8)
        CK_MICRO_CASE(9)
        CK_MICRO_CASE(10)
        CK_MICRO_CASE(11)
        CK_MICRO_CASE(12)
#endif
#if CK_PANEL_ROWS > 12
        CK_MICRO_CASE(13)
        CK_MICRO_CASE(14)
#endif
    }
}

static inline __attribute__((always_inline)) void product_tile(
    const int pairs, const float *a, const float *b, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps,
    int accumulate
) {
    size_t from = 0;
    do {
        size_t pass = steps - from < CK_STEPS_PER_PASS ? steps - from : CK_STEPS_PER_PASS;
        for (size_t j = 0; j < n; j += PANEL_COLUMNS) {
            const float *panel = b + j * b_steps + from * PANEL_COLUMNS;
            size_t columns = n - j < PANEL_COLUMNS ? n - j : PANEL_COLUMNS;
            // What comes after this panel's part: its next part, or the next panel's.
            const float *ahead = j + PANEL_COLUMNS < n ? panel + PANEL_COLUMNS * b_steps : b + (from + pass) * PANEL_COLUMNS;
            for (size_t i = 0; i < m; i += CK_PANEL_ROWS) {
                size_t h = m - i < CK_PANEL_ROWS ? m - i : CK_PANEL_ROWS;
                const float *rows = a + i * steps + from * h;
                product_panel(h, pairs, rows, panel, c + i * c_stride + j, c_stride, columns, pass, accumulate || from > 0, ahead);
                ahead += pass / 4 * 16;
            }
        }
        from += pass;
    } while (from < steps);
}

/// One side's panels, `width` of lines each, by one panel's packing. A's have no lines but those there are.
#define PACK_PANELS(pack, most, width, steps)                                                                            \
    for (size_t l = 0; l < lines; l += (most)) {                                                                         \
        const size_t h = lines - l < (most) ? lines - l : (most);                                                        \
        pack(source + l * line_stride, line_stride, k_stride, h, width, k, (uint32_t *)out + l * (steps));               \
    }

#ifdef CK_HARDWARE_BF16
static void pack_bf16(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, void *out) {
    pack_steps(1, width, source, line_stride, k_stride, lines, k, (k + 1) / 2, out);
}

static void pack_right_bf16(
    const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out
) {
    pack_steps(1, PANEL_COLUMNS, source, line_stride, k_stride, lines, k, steps, out);
}
#else
static void pack_right_bf16(
    const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out
) {
    PACK_PANELS(pack_bf16, PANEL_COLUMNS, PANEL_COLUMNS, steps)
}
#endif

static void pack_left_bf16(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *out) {
    PACK_PANELS(pack_bf16, CK_PANEL_ROWS, h, (k + 1) / 2)
}

#ifndef CK_HARDWARE_BF16
static void pack_left_f32(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *out) {
    PACK_PANELS(pack_f32, CK_PANEL_ROWS, h, k)
}

static void pack_right_f32(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out) {
    PACK_PANELS(pack_f32, PANEL_COLUMNS, PANEL_COLUMNS, steps)
}

static void tile_f32(
    const void *a, const void *b, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    product_tile(0, a, b, b_steps, c, c_stride, m, n, steps, accumulate);
}

const ck_product_ops CK_SET(ck_f32_products) = {
    .unit = 1,
    .step_multiple = 1,
    .rows = CK_PANEL_ROWS,
    .columns = PANEL_COLUMNS,
    .steps_per_pass = CK_STEPS_PER_PASS,
    .rows_per_block = CK_ROWS_PER_BLOCK,
    .pack_left = pack_left_f32,
    .pack_right = pack_right_f32,
    .tile = tile_f32,
};
#endif

/// Units are moved as float32 words: loads and broadcasts do not look at what they carry.
static void tile_bf16(
    const void *a, const void *b, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    product_tile(1, a, b, b_steps, c, c_stride, m, n, steps, accumulate);
}

const ck_product_ops CK_SET(ck_bf16_products) = {
    .unit = 2,
    .step_multiple = 1,
    .rows = CK_PANEL_ROWS,
    .columns = PANEL_COLUMNS,
    .steps_per_pass = CK_STEPS_PER_PASS,
    .rows_per_block = CK_ROWS_PER_BLOCK,
    .pack_left = pack_left_bf16,
    .pack_right = pack_right_bf16,
    .tile = tile_bf16,
};
