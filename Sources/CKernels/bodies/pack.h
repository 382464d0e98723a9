#pragma once
// Packing for the dense products: [k][width] units out of a matrix that is contiguous along k or along its lines.

/// float32 to bfloat16 in the upper half of each lane, to nearest even; the lower half is garbage. NaN stays NaN.
static inline vi bf16_upper(vf x) {
    vi bits = v_bits(x);
    vi odd = vi_and(vi_shr(bits, 16), vi_set1(1));
    vi rounded = vi_add(bits, vi_add(odd, vi_set1(0x7FFF)));
    vm nan = vi_gt_unsigned(vi_and(bits, vi_set1(0x7FFFFFFF)), vi_set1(0x7F800000));
    return vi_select(nan, vi_or(bits, vi_set1(0x00400000)), rounded);
}

/// Pairs of bfloat16: the lower half of lane i is low[i], the upper half high[i].
static inline vi bf16_pair(vf low, vf high) {
    return vi_or(vi_shr(bf16_upper(low), 16), vi_and(bf16_upper(high), vi_set1((int32_t)0xFFFF0000)));
}

/// Puts V_LANES values of k for up to V_LANES lines into columns[]: columns[i] has element(line, k + i) in lane `line`.
/// depth is how many k there are (1 to V_LANES); what lies past depth or lines is zero and not read.
static inline void gather_columns(
    const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t depth, vf columns[V_LANES]
) {
    if (k_stride == 1) {
        for (size_t l = 0; l < V_LANES; l++) columns[l] = l < lines ? v_load_n(source + l * line_stride, depth) : v_zero();
        v_transpose(columns);
    } else {
        for (size_t i = 0; i < V_LANES; i++) columns[i] = i < depth ? v_load_n(source + i * k_stride, lines) : v_zero();
    }
}

/// Lines that a vector of the panel at line l takes: 0 to V_LANES.
static inline size_t lines_from(size_t lines, size_t l) {
    return lines <= l ? 0 : (lines - l < V_LANES ? lines - l : V_LANES);
}

static void pack_f32(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, void *out) {
    float *to = out;
    vf columns[V_LANES];
    for (size_t l = 0; l < width; l += V_LANES) {
        size_t here = width - l < V_LANES ? width - l : V_LANES, filled = lines_from(lines, l);
        for (size_t at = 0; at < k; at += V_LANES) {
            size_t depth = k - at < V_LANES ? k - at : V_LANES;
            if (filled == 0) for (size_t i = 0; i < V_LANES; i++) columns[i] = v_zero();
            else gather_columns(source + l * line_stride + at * k_stride, line_stride, k_stride, filled, depth, columns);
            for (size_t i = 0; i < depth; i++) v_store_n(to + (at + i) * width + l, columns[i], here);
        }
    }
}

static void pack_bf16(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, void *out) {
    uint32_t *to = out;
    vf columns[V_LANES];
    for (size_t l = 0; l < width; l += V_LANES) {
        size_t here = width - l < V_LANES ? width - l : V_LANES, filled = lines_from(lines, l);
        for (size_t at = 0; at < k; at += V_LANES) {
            size_t depth = k - at < V_LANES ? k - at : V_LANES;
            if (filled == 0) for (size_t i = 0; i < V_LANES; i++) columns[i] = v_zero();
            else gather_columns(source + l * line_stride + at * k_stride, line_stride, k_stride, filled, depth, columns);
            // Past an odd depth lies a column of zeros, so the last pair is complete.
            for (size_t i = 0; i < depth; i += 2) {
                vi_store_n(to + (at + i) / 2 * width + l, bf16_pair(columns[i], columns[i + 1]), here);
            }
        }
    }
}
