#pragma once
// The student's attention: bidirectional, causal or across, with a bias over distance and dropout; forward and backward.

static size_t keys_seen(const ck_dense_attention *a, size_t i) { return a->causal && i + 1 < a->keys ? i + 1 : a->keys; }

/// x[0..<n] of row i, of which dropout keeps some; see ck_elementwise_ops.dropout.
static void drop_row(const ck_dense_attention *a, size_t i, float *x, size_t n) {
    if (a->dropout <= 0) return;
    dropout(x, a->first_element + i * ((a->keys + 63) / 64 * 64), n, a->seed, a->stream, a->dropout, x);
}

/// The addresses of `rows` rows from `row` on, set to zero.
static void clear_rows(float *x, size_t stride, size_t row, size_t rows, size_t width, float **addresses) {
    for (size_t r = 0; r < rows; r++) {
        addresses[r] = x + (row + r) * stride;
        memset(addresses[r], 0, width * sizeof *x);
    }
}

/// Scores of the query rows row..<row + rows, scaled, without bias: out[r][stride].
static void block_scores(const float *x, size_t x_stride, size_t row, size_t rows, const float *packed, const ck_dense_attention *a, float factor, float *out) {
    const float *addresses[CK_ATTENTION_ROWS];
    const size_t stride = (a->keys + CK_PAGE - 1) / CK_PAGE * CK_PAGE;
    for (size_t r = 0; r < rows; r++) addresses[r] = x + (row + r) * x_stride;
    for (size_t b = 0; b < stride; b += CK_PAGE) scores(addresses, rows, packed + b * a->width, NULL, 0, a->width, factor, out + b, stride);
}

static void dense(const ck_dense_attention *a) {
    const size_t stride = (a->keys + CK_PAGE - 1) / CK_PAGE * CK_PAGE;
    float *packed = a->scratch, *p = packed + stride * a->width;
    transpose_blocks(a->k, a->k_stride, a->keys, a->width, packed);
    for (size_t row = 0; row < a->queries; row += CK_ATTENTION_ROWS) {
        const size_t rows = a->queries - row < CK_ATTENTION_ROWS ? a->queries - row : CK_ATTENTION_ROWS;
        size_t begin[CK_ATTENTION_ROWS] = {0}, end[CK_ATTENTION_ROWS];
        float sums[CK_ATTENTION_ROWS], *out[CK_ATTENTION_ROWS];
        block_scores(a->q, a->q_stride, row, rows, packed, a, a->scale, p);
        for (size_t r = 0; r < rows; r++) {
            float shift;
            end[r] = keys_seen(a, row + r);
            sums[r] = exponentials(p + r * stride, a->bias ? a->bias - (row + r) : NULL, end[r], &shift);
            a->log_sum[row + r] = shift + logf(sums[r]);
            drop_row(a, row + r, p + r * stride, end[r]);
        }
        clear_rows(a->out, a->out_stride, row, rows, a->width, out);
        const weighted w = {
            .p = p, .row_step = stride, .term_step = 1, .values = a->v, .value_stride = a->v_stride, .width = a->width,
            .out = out,
        };
        weighted_rows(&w, begin, end, rows);
        for (size_t r = 0; r < rows && a->keys > 0; r++) scale(out[r], 1.0f / sums[r], a->width, out[r]);
    }
}

// With P the probabilities, M the dropout mask with its factor, dP = M (dO V^T): dV = (M P)^T dO; dS = P (dP - rowsum(dO O)); then
// dQ = scale dS K, dK = scale dS^T Q and the bias at distance j - i gets dS. P is computed again from log_sum (Dao et al., 2022).
static void gradient_rows(
    const ck_dense_attention *a, const ck_dense_attention_gradients *g, size_t row, size_t rows, const size_t *end, float *p, float *ds,
    size_t stride
) {
    for (size_t r = 0; r < rows; r++) {
        const size_t query = row + r;
        float *x = p + r * stride, *y = ds + r * stride;
        float dot;
        const float *d_out = g->d_out + query * g->d_out_stride, *out = a->out + query * a->out_stride;
        ROW_SUM(
            dot, a->width, v_fma(v_load(d_out + i), v_load(out + i), chain[u]),
            v_fma(v_load_n(d_out + i, left), v_load_n(out + i, left), chain[u]));
        const vf shift = v_set1(a->log_sum[query]), d = v_set1(dot);
        const float *bias = a->bias ? a->bias - query : NULL;
        float *d_bias = a->bias && g->d_bias ? g->d_bias - query : NULL;
        drop_row(a, query, y, end[r]);
        for (size_t j = 0; j < end[r]; j += V_LANES) {
            const size_t left = end[r] - j < V_LANES ? end[r] - j : V_LANES;
            vf score = v_load_n(x + j, left);
            if (bias) score = v_add(score, v_load_n(bias + j, left));
            vf probability = v_exp(v_sub(score, shift)), gradient = v_mul(probability, v_sub(v_load_n(y + j, left), d));
            if (d_bias) v_store_n(d_bias + j, v_add(v_load_n(d_bias + j, left), gradient), left);
            v_store_n(x + j, probability, left);
            v_store_n(y + j, v_mul(v_set1(a->scale), gradient), left);
        }
        drop_row(a, query, x, end[r]);
    }
}

/// What the keys get from the queries row..<row + rows: each from all that see it, which are those from its own place on when causal.
static void key_gradients(
    const ck_dense_attention *a, const ck_dense_attention_gradients *g, size_t row, size_t rows, const float *p, const float *ds, size_t stride
) {
    for (size_t j = 0; j < a->keys; j += CK_ATTENTION_ROWS) {
        const size_t h = a->keys - j < CK_ATTENTION_ROWS ? a->keys - j : CK_ATTENTION_ROWS;
        size_t begin[CK_ATTENTION_ROWS], end[CK_ATTENTION_ROWS];
        float *dk[CK_ATTENTION_ROWS], *dv[CK_ATTENTION_ROWS];
        for (size_t r = 0; r < h; r++) {
            begin[r] = a->causal && j + r > row ? j + r - row : 0;
            end[r] = rows;
            dk[r] = g->dk + (j + r) * g->dk_stride;
            dv[r] = g->dv + (j + r) * g->dv_stride;
        }
        weighted by_key = {
            .p = ds + j, .row_step = 1, .term_step = stride, .values = a->q + row * a->q_stride, .value_stride = a->q_stride,
            .width = a->width, .out = dk,
        };
        weighted_rows(&by_key, begin, end, h);
        by_key.p = p + j;
        by_key.values = g->d_out + row * g->d_out_stride;
        by_key.value_stride = g->d_out_stride;
        by_key.out = dv;
        weighted_rows(&by_key, begin, end, h);
    }
}

static void dense_backward(const ck_dense_attention *a, const ck_dense_attention_gradients *g) {
    const size_t stride = (a->keys + CK_PAGE - 1) / CK_PAGE * CK_PAGE;
    float *keys = a->scratch, *values = keys + stride * a->width, *p = values + stride * a->width, *ds = p + CK_ATTENTION_ROWS * stride;
    transpose_blocks(a->k, a->k_stride, a->keys, a->width, keys);
    transpose_blocks(a->v, a->v_stride, a->keys, a->width, values);
    for (size_t j = 0; j < a->keys; j++) {
        memset(g->dk + j * g->dk_stride, 0, a->width * sizeof *g->dk);
        memset(g->dv + j * g->dv_stride, 0, a->width * sizeof *g->dv);
    }
    for (size_t row = 0; row < a->queries; row += CK_ATTENTION_ROWS) {
        const size_t rows = a->queries - row < CK_ATTENTION_ROWS ? a->queries - row : CK_ATTENTION_ROWS;
        size_t begin[CK_ATTENTION_ROWS] = {0}, end[CK_ATTENTION_ROWS];
        for (size_t r = 0; r < rows; r++) end[r] = keys_seen(a, row + r);
        block_scores(a->q, a->q_stride, row, rows, keys, a, a->scale, p);
        block_scores(g->d_out, g->d_out_stride, row, rows, values, a, 1.0f, ds);
        gradient_rows(a, g, row, rows, end, p, ds, stride);
        float *dq[CK_ATTENTION_ROWS];
        clear_rows(g->dq, g->dq_stride, row, rows, a->width, dq);
        const weighted by_query = {
            .p = ds, .row_step = stride, .term_step = 1, .values = a->k, .value_stride = a->k_stride, .width = a->width, .out = dq,
        };
        weighted_rows(&by_query, begin, end, rows);
        key_gradients(a, g, row, rows, p, ds, stride);
    }
}

const ck_attention_ops CK_SET(ck_attention) = {
    .append = append, .paged = paged, .listed = listed, .dense = dense, .dense_backward = dense_backward,
};
