#pragma once
// Packing of bfloat16 pairs where the processor rounds to them (VCVTNE2PS2BF16: to nearest even, a subnormal number to zero): 16 lines by
// 32 of k at a time, rounded before they are transposed, so that half as much is.

#define PAIR_LINES V_LANES
#define PAIR_DEPTH (2 * V_LANES)

/// Two vectors as bfloat16, low first.
static inline __attribute__((always_inline)) vi round_pairs(vf low, vf high) { return (vi)_mm512_cvtne2ps_pbh(high, low); }

/// units[l] has the units of line l. What lies past depth (of k) or lines is zero and not read.
static inline __attribute__((always_inline)) void units_of_lines(
    const float *source, size_t line_stride, size_t lines, size_t depth, vf units[PAIR_LINES]
) {
    for (size_t l = 0; l < PAIR_LINES; l++) {
        if (l >= lines) {
            units[l] = v_zero();
            continue;
        }
        const float *x = source + l * line_stride;
        const vf high = depth > V_LANES ? v_load_n(x + V_LANES, depth - V_LANES) : v_zero();
        units[l] = vi_float_bits(round_pairs(v_load_n(x, depth), high));
    }
}

/// units[s] has unit s of all lines.
static inline __attribute__((always_inline)) void units_of_steps(
    const float *source, size_t k_stride, size_t lines, size_t depth, vf units[PAIR_LINES]
) {
    const vi in_turns = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (size_t s = 0; s < PAIR_LINES; s++) {
        const vf low = 2 * s < depth ? v_load_n(source + 2 * s * k_stride, lines) : v_zero();
        const vf high = 2 * s + 1 < depth ? v_load_n(source + (2 * s + 1) * k_stride, lines) : v_zero();
        units[s] = vi_float_bits(_mm512_permutexvar_epi16(in_turns, round_pairs(low, high)));
    }
}

/// Units of PAIR_LINES lines by PAIR_DEPTH of k, a vector a line or (by_step) a vector a step, wherever the matrix is contiguous.
static inline __attribute__((always_inline)) void block_units(
    const int by_step, const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t depth, vf units[PAIR_LINES]
) {
    if (k_stride == 1) {
        units_of_lines(source, line_stride, lines, depth, units);
        if (by_step) v_transpose(units);
    } else {
        units_of_steps(source, k_stride, lines, depth, units);
        if (!by_step) v_transpose(units);
    }
}

/// The same; whole blocks, which most are, have no masks.
static inline __attribute__((always_inline)) void pack_block(
    const int by_step, const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t depth, vf units[PAIR_LINES]
) {
    if (lines >= PAIR_LINES && depth >= PAIR_DEPTH) block_units(by_step, source, line_stride, k_stride, PAIR_LINES, PAIR_DEPTH, units);
    else block_units(by_step, source, line_stride, k_stride, lines, depth, units);
}

/// Asks for what lies under a block of a matrix whose lines are its columns: what is packed after the neighbours of this block. Past
/// the matrix any address will do.
static inline __attribute__((always_inline)) void prefetch_rows(const float *source, size_t k_stride) {
    if (k_stride == 1) return;
    for (size_t row = PAIR_DEPTH; row < 2 * PAIR_DEPTH; row++) __builtin_prefetch(source + row * k_stride, 0, 2);
}

/// Panels of `width` lines (a multiple of 16, or one panel of fewer), [steps][width] units each, of which these are the first (k + 1) / 2, made whole multiples of step_multiple.
/// All panels at a time, 32 of k each: their parts of a row of the source are neighbours.
static inline __attribute__((always_inline)) void pack_steps(
    const size_t step_multiple, const size_t width, const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k,
    size_t steps, float *out
) {
    const size_t filled = ((k + 1) / 2 + step_multiple - 1) / step_multiple * step_multiple;
    for (size_t at = 0; at < filled; at += PAIR_LINES) {
        const size_t depth = k - 2 * at < PAIR_DEPTH ? k - 2 * at : PAIR_DEPTH;
        const size_t here = filled - at < PAIR_LINES ? filled - at : PAIR_LINES;
        for (size_t l = 0; l < (lines + width - 1) / width * width; l += PAIR_LINES) {
            vf units[PAIR_LINES];
            const float *from = source + l * line_stride + 2 * at * k_stride;
            pack_block(1, from, line_stride, k_stride, lines <= l ? 0 : lines - l < PAIR_LINES ? lines - l : PAIR_LINES, depth, units);
            prefetch_rows(from, k_stride);
            float *to = out + l / width * width * steps + at * width + l % width;
            for (size_t s = 0; s < here; s++) {
                if (width >= PAIR_LINES) v_store(to + s * width, units[s]);
                else v_store_n(to + s * width, units[s], width);
            }
        }
    }
}
