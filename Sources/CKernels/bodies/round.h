#pragma once
// Rounding of activations to 8 bits, a lane for each of up to V_LANES blocks: what the numbers of a block have in common, their largest
// and their sums, is found for all of these blocks by transposing, and so is the order of the panel's words.

/// The bits of the largest magnitude of each block. Among bits NaN and infinity are above every number, so that they reach the scale.
static inline __attribute__((always_inline)) vi block_peaks(const int lanes, const float *const x[V_LANES]) {
    const vi magnitude = vi_set1(0x7FFFFFFF);
    vi peaks[V_LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < V_LANES; i++) {
        peaks[i] = vi_set1(0);
        if (i >= lanes) continue;
#pragma clang loop unroll(full)
        for (int at = 0; at < 32; at += V_LANES) peaks[i] = vi_max_unsigned(peaks[i], vi_and(v_bits(v_load(x[i] + at)), magnitude));
    }
    return vi_lanes_max_unsigned(peaks);
}

/// Rounds the 32 numbers at each x, whose largest are known. words[s] has, a lane a block, the values 4 s to 4 s + 3; half_sums their sums
/// over the first and the last 16.
static inline __attribute__((always_inline)) void round_blocks(
    const int lanes, const float *const x[V_LANES], vi peaks, vi words[8], vi half_sums[2], vf *scales
) {
    const vf peak = vi_float_bits(peaks);
    // 0 or so small that 127 / peak overflows; NaN or infinite: the values do not matter, but have to be some.
    const vm vanishing = vi_gt_unsigned(vi_set1(CK_LEAST_PEAK_BITS), peaks), strange = vi_gt_unsigned(peaks, vi_set1(0x7F7FFFFF));
    *scales = v_select(vanishing, v_zero(), v_select(strange, peak, v_div(peak, v_set1(127.0f))));
    float factors[V_LANES];
    v_store(factors, v_select(vanishing, v_zero(), v_div(v_set1(127.0f), peak)));
    // A vector has bytes for the blocks i and, with 16 lanes, i + 8.
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {
        vi q[4];
#pragma clang loop unroll(full)
        for (int v = 0; v < 4; v++) {
            const int block = i + v * V_LANES / 32 * 8, at = v * V_LANES % 32;
            q[v] = block < lanes ? v_to_int(v_mul(v_load(x[block] + at), v_set1(factors[block]))) : vi_set1(0);
        }
        words[i] = vi_pack_bytes(q);
    }
    vi_transpose_blocks(words);
    const vi ones = vi_set1(0x01010101), pairs = vi_set1(0x00010001), none = vi_set1(0);
    half_sums[0] = half_sums[1] = none;
#pragma clang loop unroll(full)
    for (int s = 0; s < 8; s++) {
        words[s] = vi_select(strange, none, words[s]);
        half_sums[s / 4] = vi_add(half_sums[s / 4], vi_madd16(vi_maddubs(ones, words[s]), pairs));
    }
}

/// Where the blocks of a group are, h rows by V_LANES / h blocks from t on. Past the last block of a row t is taken again.
static inline __attribute__((always_inline)) void find_blocks(
    const size_t h, const float *a, size_t a_stride, size_t t, size_t blocks, const float *x[V_LANES]
) {
    for (size_t j = 0; j < V_LANES / h; j++) {
        for (size_t r = 0; r < h; r++) x[j * h + r] = a + r * a_stride + (t + j < blocks ? t + j : t) * 32;
    }
}

/// round_rows for h rows, a constant where this is instantiated: groups of whole blocks of all rows, in the order of the panel.
static inline __attribute__((always_inline)) void round_panel(
    const size_t h, const float *a, size_t a_stride, size_t k, const ck_activations *out, size_t row
) {
    const size_t blocks = k / 32, group = V_LANES / h;
    const int lanes = (int)(group * h);
    int8_t *to = out->values + row * k;
    float *scales = out->scales + row * blocks, *scaled_sums = out->scaled_sums + row * blocks;
    int32_t *negative_sums = out->negative_sums + row * blocks, *negative_half_sums = out->negative_half_sums + row * 2 * blocks;
    if (blocks == 0) return;
    const float *x[V_LANES];
    find_blocks(h, a, a_stride, 0, blocks, x);
    vi next = block_peaks(lanes, x);
    for (size_t t = 0; t < blocks; t += group) {
        // The next group's largest do not wait for this group's divisions.
        const vi peaks = next;
        if (t + group < blocks) {
            find_blocks(h, a, a_stride, t + group, blocks, x);
            next = block_peaks(lanes, x);
        }
        find_blocks(h, a, a_stride, t, blocks, x);
        vi words[8], half_sums[2];
        vf scale;
        round_blocks(lanes, x, peaks, words, half_sums, &scale);
        const size_t n = blocks - t < group ? blocks - t : group;
        const vi sum = vi_add(half_sums[0], half_sums[1]);
        v_store_n(scales + t * h, scale, n * h);
        vi_store_n(negative_sums + t * h, vi_sub(vi_set1(0), sum), n * h);
        v_store_n(scaled_sums + t * h, v_mul(scale, vi_to_float(sum)), n * h);
        int32_t lines[8][V_LANES], halves[2][V_LANES];
        for (int s = 0; s < 8; s++) vi_store(lines[s], words[s]);
        for (int g = 0; g < 2; g++) vi_store(halves[g], vi_sub(vi_set1(0), half_sums[g]));
        for (size_t j = 0; j < n; j++) {
            for (size_t s = 0; s < 8; s++) memcpy(to + ((t + j) * 8 + s) * h * 4, &lines[s][j * h], h * 4);
            for (size_t g = 0; g < 2; g++) memcpy(negative_half_sums + (2 * (t + j) + g) * h, &halves[g][j * h], h * 4);
        }
    }
}

static void round_rows(const float *a, size_t a_stride, size_t h, size_t k, const ck_activations *out, size_t row) {
    switch (h) {
        case 1: round_panel(1, a, a_stride, k, out, row); return;
        case 2: round_panel(2, a, a_stride, k, out, row); return;
        case 3: round_panel(3, a, a_stride, k, out, row); return;
        case 4: round_panel(4, a, a_stride, k, out, row); return;
#if CK_QUANTIZED_ROWS > 4
        case 5: round_panel(5, a, a_stride, k, out, row); return;
        case 6: round_panel(6, a, a_stride, k, out, row); return;
#endif
    }
}
