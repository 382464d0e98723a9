#pragma once
// The student's attention with its products on AMX's tiles: queries, keys, values, probabilities and their gradients rounded to bfloat16
// where they are multiplied, everything between in float32. The same passes as bodies/attention_dense.h, put together of the packing and
// tiles of bodies/tile_products.h, for blocks of queries.
//
// Here too a query's result has the bits of its own keys. What a mask hides would be multiplied, by zero: where a causal sequence has a
// number that is not finite in bfloat16 it is worked on in float32, which never touches what is hidden.

/// Where the operands of one sequence and head are packed. S below is `stride`, the keys made whole blocks; units are pairs of bfloat16.
typedef struct tile_scratch {
    size_t stride, key_steps, width_steps;
    /// Of the left sides of a block: queries and d_out, [CK_TILE_QUERIES][width].
    uint32_t *queries, *d_out;
    /// Right sides of all keys: keys and values transposed, [width][S]; keys or values as they are, [S][width].
    uint32_t *keys_by_width, *values_by_width, *by_key;
    /// Right sides of a block's queries and d_out, [CK_TILE_QUERIES][width].
    uint32_t *queries_by_row, *d_out_by_row;
    /// Scores, then probabilities, and the gradients of scores: [CK_TILE_QUERIES][S].
    float *p, *ds;
    /// A left side of p or ds: [CK_TILE_QUERIES][S], or transposed.
    uint32_t *weights;
} tile_scratch;

static size_t whole(size_t n, size_t of) { return (n + of - 1) / of * of; }

/// Lays out a->scratch, which has ck_dense_scratch floats.
static tile_scratch lay_out(const ck_dense_attention *a) {
    tile_scratch s = {.stride = whole(a->keys, BLOCK), .width_steps = whole(a->width, BLOCK) / 2};
    s.key_steps = s.stride / 2;
    uint32_t *at = (uint32_t *)a->scratch;
    const size_t block = CK_TILE_QUERIES * s.width_steps, all = s.stride * s.width_steps;
    uint32_t **const blocks[] = {&s.queries, &s.d_out, &s.queries_by_row, &s.d_out_by_row};
    uint32_t **const of_keys[] = {&s.keys_by_width, &s.values_by_width, &s.by_key};
    for (size_t i = 0; i < 4; i++, at += block) *blocks[i] = at;
    for (size_t i = 0; i < 3; i++, at += all) *of_keys[i] = at;
    s.p = (float *)at;
    s.ds = s.p + CK_TILE_QUERIES * s.stride;
    s.weights = (uint32_t *)(s.ds + CK_TILE_QUERIES * s.stride);
    return s;
}

/// Whether all numbers are finite in bfloat16 too.
static int rounds_to_finite(const float *x, size_t stride, size_t rows, size_t width) {
    const vi magnitude = vi_set1(0x7FFFFFFF);
    vi most = vi_set1(0);
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < width; i += V_LANES) {
            most = vi_max_unsigned(most, vi_and(v_bits(v_load_n(x + r * stride + i, width - i)), magnitude));
        }
    }
    return !v_any(vi_gt_unsigned(most, vi_set1(0x7F7F7FFF)));
}

/// C[m, n] (+)= the left side's panels times the right side's, over `steps` units of `b_steps`.
static void multiply(
    const uint32_t *a, size_t a_steps, const uint32_t *b, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps,
    int accumulate
) {
    tile_pass(a, a_steps, b, b_steps, c, c_stride, m, n, steps / TILE, accumulate);
}

/// Rows as a right side that is summed over their numbers: [width][rows].
static void pack_by_width(const float *x, size_t stride, size_t rows, size_t width, size_t steps, uint32_t *out) {
    pack_steps(0, TILE, BLOCK, x, stride, 1, rows, width, steps, (float *)out);
}

/// Rows as a right side that is summed over them: [rows][width].
static void pack_by_row(const float *x, size_t stride, size_t rows, size_t width, size_t steps, uint32_t *out) {
    pack_steps(0, TILE, BLOCK, x, 1, stride, width, rows, steps, (float *)out);
}

/// The words of the block of random numbers that was drawn last.
typedef struct random_block {
    uint64_t block;
    uint32_t words[64];
} random_block;

/// Which of 64 elements of row i from key j on dropout takes away, a bit each; see ck_elementwise_ops.dropout.
static uint64_t dropped(const ck_dense_attention *a, size_t i, size_t j, random_block *drawn) {
    if (a->dropout <= 0) return 0;
    const uint64_t part = (a->first_element + i * whole(a->keys, 64) + j) / 64;
    if (part / 2 != drawn->block) ck_elementwise_avx512.random_words(a->seed, a->stream, part / 2, 1, drawn->words);
    drawn->block = part / 2;
    // Half words, compared in the upper half of a lane.
    const vi threshold = vi_set1((int32_t)(ck_dropout_threshold(a->dropout) << 16));
    uint64_t bits = 0;
    for (size_t v = 0; v < 4; v++) {
        const vi word = vi_load(drawn->words + v * V_LANES);
        bits |= (uint64_t)vi_gt_unsigned(threshold, part % 2 ? word : vi_shl(word, 16)) << v * V_LANES;
    }
    return bits;
}

static size_t keys_seen(const ck_dense_attention *a, size_t i) { return a->causal && i + 1 < a->keys ? i + 1 : a->keys; }

/// Where row r of a left side begins, panels of 16 rows and `steps` units.
static uint32_t *left_row(uint32_t *panels, size_t steps, size_t r) { return panels + r / TILE * TILE * steps + r % TILE * TILE; }

/// Scores x of row i, which sees `seen` keys, to probabilities over their sum, rounded, in `out`: the row of a left side with `columns`
/// numbers. Returns the sum, and the largest score in *shift.
static float probabilities(
    const ck_dense_attention *a, size_t i, float *x, size_t seen, size_t columns, random_block *drawn, uint32_t *out, float *shift
) {
    const float *bias = a->bias ? a->bias - i : NULL;
    const vf factor = v_set1(a->scale), lowest = v_set1(-INFINITY), kept = v_set1(1.0f / (1.0f - a->dropout));
    vf most = lowest, sums[2] = {v_zero(), v_zero()};
    for (size_t j = 0; j < seen; j += V_LANES) {
        vf y = v_mul(factor, v_load(x + j));
        if (bias) y = v_add(y, v_load_n(bias + j, seen - j));
        v_store(x + j, y);
        // NaN does not count.
        most = v_max(v_select(v_first(seen - j), y, lowest), most);
    }
    *shift = _mm512_reduce_max_ps(most);
    if (isinf(*shift)) *shift = 0;
    const vf largest = v_set1(*shift);
    uint64_t gone = 0;
    for (size_t j = 0; j < columns; j += BLOCK, out += TILE * TILE) {
        vf pair[2] = {v_zero(), v_zero()};
        if (j % 64 == 0) gone = j < seen ? dropped(a, i, j, drawn) : 0;
        for (size_t v = 0; v < 2 && j + v * V_LANES < seen; v++) {
            const size_t at = j + v * V_LANES;
            const vf y = v_select(v_first(seen - at), v_exp(v_sub(v_load(x + at), largest)), v_zero());
            sums[v] = v_add(sums[v], y);
            pair[v] = a->dropout > 0 ? v_select((vm)(gone >> at % 64), v_zero(), v_mul(y, kept)) : y;
        }
        vi_store(out, round_pairs(pair[0], pair[1]));
    }
    return v_sum(v_add(sums[0], sums[1]));
}

static void forward(const ck_dense_attention *a) {
    const int hides = a->causal && !rounds_to_finite(a->v, a->v_stride, a->keys, a->width);
    if (a->keys == 0 || hides) {
        ck_attention_avx512.dense(a);
        return;
    }
    const tile_scratch s = lay_out(a);
    random_block drawn = {.block = UINT64_MAX};
    pack_by_width(a->k, a->k_stride, a->keys, a->width, s.width_steps, s.keys_by_width);
    pack_by_row(a->v, a->v_stride, a->keys, a->width, s.key_steps, s.by_key);
    load_whole_tiles();
    for (size_t row = 0; row < a->queries; row += CK_TILE_QUERIES) {
        const size_t rows = a->queries - row < CK_TILE_QUERIES ? a->queries - row : CK_TILE_QUERIES;
        const size_t columns = whole(keys_seen(a, row + rows - 1), BLOCK);
        float *out = a->out + row * a->out_stride, sums[CK_TILE_QUERIES];
        pack_left(a->q + row * a->q_stride, a->q_stride, 1, rows, a->width, s.queries);
        multiply(s.queries, s.width_steps, s.keys_by_width, s.width_steps, s.p, s.stride, whole(rows, TILE), columns, s.width_steps, 0);
        for (size_t r = 0; r < rows; r++) {
            float shift;
            uint32_t *rounded = left_row(s.weights, s.key_steps, r);
            sums[r] = probabilities(a, row + r, s.p + r * s.stride, keys_seen(a, row + r), columns, &drawn, rounded, &shift);
            a->log_sum[row + r] = shift + logf(sums[r]);
        }
        multiply(s.weights, s.key_steps, s.by_key, s.key_steps, out, a->out_stride, rows, a->width, columns / 2, 0);
        for (size_t r = 0; r < rows; r++) {
            const vf factor = v_set1(1.0f / sums[r]);
            float *y = out + r * a->out_stride;
            for (size_t i = 0; i < a->width; i += V_LANES) {
                v_store_n(y + i, v_mul(factor, v_load_n(y + i, a->width - i)), a->width - i);
            }
        }
    }
    _tile_release();
}

/// Row i of a block's gradients, as bodies/attention_dense.h has them: x has scores and y the products of d_out and values; then x the
/// probabilities that dropout has left and y the scores' gradients, also rounded in `out`, a row of a left side. Zeros to `columns`.
static void row_gradients(
    const ck_dense_attention *a, const ck_dense_attention_gradients *g, size_t i, float *x, float *y, size_t seen, size_t columns,
    random_block *drawn, uint32_t *out
) {
    const float *bias = a->bias ? a->bias - i : NULL, *d_out = g->d_out + i * g->d_out_stride, *result = a->out + i * a->out_stride;
    float *d_bias = a->bias && g->d_bias ? g->d_bias - i : NULL;
    const vf factor = v_set1(a->scale), shift = v_set1(a->log_sum[i]), kept = v_set1(1.0f / (1.0f - a->dropout));
    vf products = v_zero();
    for (size_t d = 0; d < a->width; d += V_LANES) {
        products = v_fma(v_load_n(d_out + d, a->width - d), v_load_n(result + d, a->width - d), products);
    }
    const vf dot = v_set1(v_sum(products));
    uint64_t gone = 0;
    for (size_t j = 0; j < columns; j += BLOCK, out += TILE * TILE) {
        vf pair[2] = {v_zero(), v_zero()};
        if (j % 64 == 0) gone = j < seen ? dropped(a, i, j, drawn) : 0;
        for (size_t v = 0; v < 2; v++) {
            const size_t at = j + v * V_LANES;
            vf left = v_zero();
            if (at < seen) {
                const vm counts = v_first(seen - at), lost = (vm)(gone >> at % 64);
                vf score = v_mul(factor, v_load(x + at)), back = v_load(y + at);
                if (bias) score = v_add(score, v_load_n(bias + at, seen - at));
                left = v_select(counts, v_exp(v_sub(score, shift)), v_zero());
                if (a->dropout > 0) back = v_select(lost, v_zero(), v_mul(back, kept));
                const vf gradient = v_select(counts, v_mul(left, v_sub(back, dot)), v_zero());
                if (d_bias) v_store_n(d_bias + at, v_add(v_load_n(d_bias + at, seen - at), gradient), seen - at);
                if (a->dropout > 0) left = v_select(lost, v_zero(), v_mul(left, kept));
                pair[v] = v_mul(factor, gradient);
            }
            v_store(x + at, left);
            v_store(y + at, pair[v]);
        }
        vi_store(out, round_pairs(pair[0], pair[1]));
    }
}

static void backward(const ck_dense_attention *a, const ck_dense_attention_gradients *g) {
    const int hides = a->causal
        && !(rounds_to_finite(a->q, a->q_stride, a->queries, a->width) && rounds_to_finite(a->k, a->k_stride, a->keys, a->width)
             && rounds_to_finite(a->v, a->v_stride, a->keys, a->width) && rounds_to_finite(g->d_out, g->d_out_stride, a->queries, a->width));
    if (a->keys == 0 || hides) {
        ck_attention_avx512.dense_backward(a, g);
        return;
    }
    const tile_scratch s = lay_out(a);
    random_block drawn = {.block = UINT64_MAX};
    pack_by_width(a->k, a->k_stride, a->keys, a->width, s.width_steps, s.keys_by_width);
    pack_by_width(a->v, a->v_stride, a->keys, a->width, s.width_steps, s.values_by_width);
    pack_by_row(a->k, a->k_stride, a->keys, a->width, s.key_steps, s.by_key);
    // The first block of queries writes what the keys get that it sees, the others add to that.
    const size_t first = a->queries < CK_TILE_QUERIES ? a->queries : CK_TILE_QUERIES;
    for (size_t j = first == 0 ? 0 : keys_seen(a, first - 1); j < a->keys; j++) {
        memset(g->dk + j * g->dk_stride, 0, a->width * sizeof *g->dk);
        memset(g->dv + j * g->dv_stride, 0, a->width * sizeof *g->dv);
    }
    load_whole_tiles();
    for (size_t row = 0; row < a->queries; row += CK_TILE_QUERIES) {
        const size_t rows = a->queries - row < CK_TILE_QUERIES ? a->queries - row : CK_TILE_QUERIES, steps = whole(rows, BLOCK) / 2;
        const size_t seen = keys_seen(a, row + rows - 1), columns = whole(seen, BLOCK);
        const float *q = a->q + row * a->q_stride, *d_out = g->d_out + row * g->d_out_stride;
        pack_left(q, a->q_stride, 1, rows, a->width, s.queries);
        pack_left(d_out, g->d_out_stride, 1, rows, a->width, s.d_out);
        multiply(s.queries, s.width_steps, s.keys_by_width, s.width_steps, s.p, s.stride, whole(rows, TILE), columns, s.width_steps, 0);
        multiply(s.d_out, s.width_steps, s.values_by_width, s.width_steps, s.ds, s.stride, whole(rows, TILE), columns, s.width_steps, 0);
        for (size_t r = 0; r < rows; r++) {
            row_gradients(
                a, g, row + r, s.p + r * s.stride, s.ds + r * s.stride, keys_seen(a, row + r), columns, &drawn,
                left_row(s.weights, s.key_steps, r));
        }
        multiply(
            s.weights, s.key_steps, s.by_key, s.key_steps, g->dq + row * g->dq_stride, g->dq_stride, rows, a->width, columns / 2, 0);
        // What the keys get from these queries: left sides are the weights transposed.
        pack_by_row(q, a->q_stride, rows, a->width, steps, s.queries_by_row);
        pack_left(s.ds, 1, s.stride, seen, rows, s.weights);
        multiply(s.weights, steps, s.queries_by_row, steps, g->dk, g->dk_stride, seen, a->width, steps, row > 0);
        pack_by_row(d_out, g->d_out_stride, rows, a->width, steps, s.d_out_by_row);
        pack_left(s.p, 1, s.stride, seen, rows, s.weights);
        multiply(s.weights, steps, s.d_out_by_row, steps, g->dv, g->dv_stride, seen, a->width, steps, row > 0);
    }
    _tile_release();
}

const ck_rounded_attention_ops CK_SET(ck_rounded_attention) = {.forward = forward, .backward = backward};
