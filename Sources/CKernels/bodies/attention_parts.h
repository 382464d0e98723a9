#pragma once
// The two products of attention: query rows by a block of 32 transposed keys, and weighted sums of value rows. Each number of a result
// is one chain of multiply-adds in a fixed order, so that it does not depend on which rows are worked on together.

#define KEY_VECTORS (CK_PAGE / V_LANES)

static inline __attribute__((always_inline)) vf load_number(const void *p, size_t index, const int half) {
    return half ? v_load_f16((const uint16_t *)p + index) : v_load((const float *)p + index);
}

/// out[r][0..<32] = scale * sum over d of q[r][d] keys[d][0..<32] for h rows. `ahead` is the next block of half-precision keys, which
/// comes from memory: a line of it is asked for with each of these.
static inline __attribute__((always_inline)) void scores_micro(
    const int h, const int half, const float *const *q, const void *keys, const void *ahead, size_t width, float scale, float *out,
    size_t out_stride
) {
    vf acc[CK_SCORE_ROWS][KEY_VECTORS];
    for (int r = 0; r < h; r++) {
        for (int v = 0; v < KEY_VECTORS; v++) acc[r][v] = v_zero();
    }
    for (size_t d = 0; d < width; d++) {
        vf k[KEY_VECTORS];
        if (half) __builtin_prefetch((const uint16_t *)ahead + d * CK_PAGE, 0, 3);
        for (int v = 0; v < KEY_VECTORS; v++) k[v] = load_number(keys, d * CK_PAGE + (size_t)v * V_LANES, half);
#pragma clang loop unroll(full)
        for (int r = 0; r < h; r++) {
            vf x = v_set1(q[r][d]);
            for (int v = 0; v < KEY_VECTORS; v++) acc[r][v] = v_fma(x, k[v], acc[r][v]);
        }
    }
    for (int r = 0; r < h; r++) {
        for (int v = 0; v < KEY_VECTORS; v++) v_store(out + (size_t)r * out_stride + v * V_LANES, v_mul(v_set1(scale), acc[r][v]));
    }
}

#define SCORES_CASE(height)                                                                      \
    case height:                                                                                 \
        if (half) scores_micro(height, 1, q, keys, ahead, width, scale, out, out_stride);        \
        else scores_micro(height, 0, q, keys, ahead, width, scale, out, out_stride);             \
        break;

/// The same for any number of rows, given by their addresses.
static void scores(
    const float *const *q, size_t rows, const void *keys, const void *ahead, int half, size_t width, float scale, float *out, size_t out_stride
) {
    while (rows > 0) {
        const size_t h = rows < CK_SCORE_ROWS ? rows : CK_SCORE_ROWS;
        switch (h) {
            SCORES_CASE(1)
            SCORES_CASE(2)
            SCORES_CASE(3)
#if CK_SCORE_ROWS > 3
            SCORES_CASE(4)
            SCORES_CASE(5)
            SCORES_CASE(6)
#endif
        }
        q += h;
        rows -= h;
        out += h * out_stride;
    }
}

/// Weights p[r * row_step + t * term_step] of rows t of a matrix.
typedef struct weighted {
    const float *p;
    size_t row_step, term_step;
    const void *values;
    /// Half-precision values that come from memory after these.
    const void *ahead;
    size_t value_stride, width;
    int half;
    /// The rows of the result, by their addresses.
    float *const *out;
} weighted;

/// out[row + r] += sum over t in from..<to for h rows, all columns.
static inline __attribute__((always_inline)) void weighted_micro(
    const int h, const int half, const weighted *w, size_t row, size_t from, size_t to
) {
    for (size_t column = 0; column < w->width; column += CK_WEIGHTED_VECTORS * V_LANES) {
        vf acc[CK_WEIGHTED_ROWS][CK_WEIGHTED_VECTORS];
        size_t left[CK_WEIGHTED_VECTORS];
        for (int v = 0; v < CK_WEIGHTED_VECTORS; v++) {
            const size_t at = column + (size_t)v * V_LANES;
            left[v] = at >= w->width ? 0 : w->width - at < V_LANES ? w->width - at : V_LANES;
        }
        const int whole = left[CK_WEIGHTED_VECTORS - 1] == V_LANES;
        for (int r = 0; r < h; r++) {
            for (int v = 0; v < CK_WEIGHTED_VECTORS; v++) {
                acc[r][v] = v_load_n(w->out[row + (size_t)r] + column + (size_t)v * V_LANES, left[v]);
            }
        }
        const float *p = w->p + row * w->row_step;
        for (size_t t = from; t < to; t++) {
            vf x[CK_WEIGHTED_VECTORS];
            const size_t at = t * w->value_stride + column;
            // The lines that this row has of these columns.
            for (int v = 0; half && v < CK_WEIGHTED_VECTORS; v += 32 / V_LANES) {
                __builtin_prefetch((const uint16_t *)w->ahead + at + (size_t)v * V_LANES, 0, 3);
            }
            for (int v = 0; v < CK_WEIGHTED_VECTORS; v++) {
                if (half) x[v] = left[v] ? load_number(w->values, at + (size_t)v * V_LANES, 1) : v_zero();
                else if (whole) x[v] = v_load((const float *)w->values + at + (size_t)v * V_LANES);
                else x[v] = v_load_n((const float *)w->values + at + (size_t)v * V_LANES, left[v]);
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < h; r++) {
                vf factor = v_set1(p[(size_t)r * w->row_step + t * w->term_step]);
                for (int v = 0; v < CK_WEIGHTED_VECTORS; v++) acc[r][v] = v_fma(factor, x[v], acc[r][v]);
            }
        }
        for (int r = 0; r < h; r++) {
            for (int v = 0; v < CK_WEIGHTED_VECTORS; v++) {
                v_store_n(w->out[row + (size_t)r] + column + (size_t)v * V_LANES, acc[r][v], left[v]);
            }
        }
    }
}

#define WEIGHTED_CASE(height)                                                    \
    case height:                                                                 \
        if (w->half) weighted_micro(height, 1, w, row, from, to);                \
        else weighted_micro(height, 0, w, row, from, to);                        \
        break;

static void weighted_block(const weighted *w, size_t h, size_t row, size_t from, size_t to) {
    if (from >= to) return;
    switch (h) {
        WEIGHTED_CASE(1)
        WEIGHTED_CASE(2)
        WEIGHTED_CASE(3)
#if CK_WEIGHTED_ROWS > 3
        WEIGHTED_CASE(4)
        WEIGHTED_CASE(5)
        WEIGHTED_CASE(6)
#endif
    }
}

/// out[r] += the sum over t in begin[r]..<end[r], in that order, of weight(r, t) * values[t]. What lies outside a row's range is not read.
static void weighted_rows(const weighted *w, const size_t *begin, const size_t *end, size_t rows) {
    for (size_t row = 0; row < rows; row += CK_WEIGHTED_ROWS) {
        const size_t h = rows - row < CK_WEIGHTED_ROWS ? rows - row : CK_WEIGHTED_ROWS;
        // The terms that all of these rows have are summed together, those before and after a row at a time.
        size_t from = begin[row], to = end[row];
        for (size_t r = 1; r < h; r++) {
            from = begin[row + r] > from ? begin[row + r] : from;
            to = end[row + r] < to ? end[row + r] : to;
        }
        if (from >= to) from = to = SIZE_MAX;
        for (size_t r = row; r < row + h; r++) weighted_block(w, 1, r, begin[r], end[r] < from ? end[r] : from);
        weighted_block(w, h, row, from, to);
        for (size_t r = row; r < row + h; r++) weighted_block(w, 1, r, to, end[r]);
    }
}

/// Rows of numbers as blocks of CK_PAGE transposed rows, [ceil(rows / CK_PAGE)][width][CK_PAGE], zeros past the last.
static void transpose_blocks(const float *x, size_t stride, size_t rows, size_t width, float *out) {
    for (size_t block = 0; block < rows; block += CK_PAGE, out += width * CK_PAGE) {
        for (size_t j = 0; j < CK_PAGE; j += V_LANES) {
            for (size_t d = 0; d < width; d += V_LANES) {
                vf r[V_LANES];
                const size_t n = width - d < V_LANES ? width - d : V_LANES;
                for (size_t i = 0; i < V_LANES; i++) {
                    const size_t row = block + j + i;
                    r[i] = row < rows ? v_load_n(x + row * stride + d, n) : v_zero();
                }
                v_transpose(r);
                for (size_t i = 0; i < n; i++) v_store(out + (d + i) * CK_PAGE + j, r[i]);
            }
        }
    }
}

/// x[j] = e^(x[j] + bias[j] - m) for m the largest, in place; the sum of them, and m in *shift.
static float exponentials(float *x, const float *bias, size_t n, float *shift) {
    for (size_t j = 0; bias && j < n; j += V_LANES) {
        const size_t left = n - j < V_LANES ? n - j : V_LANES;
        v_store_n(x + j, v_add(v_load_n(x + j, left), v_load_n(bias + j, left)), left);
    }
    *shift = row_shift(x, n);
    const vf s = v_set1(*shift);
    vf sum = v_zero();
    for (size_t j = 0; j < n; j += V_LANES) {
        const size_t left = n - j < V_LANES ? n - j : V_LANES;
        vf y = v_exp(v_sub(v_load_n(x + j, left), s));
        v_store_n(x + j, y, left);
        sum = v_add(sum, v_select(v_first(left), y, v_zero()));
    }
    return v_sum(sum);
}
