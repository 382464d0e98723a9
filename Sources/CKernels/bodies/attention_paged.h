#pragma once
// The teacher's attention: causal, grouped heads, keys and values in pages.

static void append(
    const float *k, size_t k_stride, const float *v, size_t v_stride, size_t tokens, size_t width, size_t first, uint8_t *keys, uint8_t *values,
    size_t page_bytes, const int32_t *pages, int half
) {
    for (size_t t = 0; t < tokens; t++, k += k_stride, v += v_stride) {
        const size_t slot = (first + t) % CK_PAGE, offset = (size_t)pages[(first + t) / CK_PAGE] * page_bytes;
        if (!half) {
            float *key = (float *)(keys + offset) + slot;
            for (size_t d = 0; d < width; d++) key[d * CK_PAGE] = k[d];
            memcpy((float *)(values + offset) + slot * width, v, width * sizeof *v);
            continue;
        }
        uint16_t *key = (uint16_t *)(keys + offset) + slot, *value = (uint16_t *)(values + offset) + slot * width, halves[V_LANES];
        for (size_t d = 0; d < width; d += V_LANES) {
            v_store_f16(halves, v_load(k + d));
            for (size_t i = 0; i < V_LANES; i++) key[(d + i) * CK_PAGE] = halves[i];
            v_store_f16(value + d, v_load(v + d));
        }
    }
}

static const uint8_t *page_of(const ck_paged_attention *a, const uint8_t *base, size_t index) {
    return base + (size_t)a->pages[index] * a->page_bytes;
}

static void paged(const ck_paged_attention *a) {
    const size_t rows = a->tokens * a->group, positions = a->first + a->tokens, blocks = (positions + CK_PAGE - 1) / CK_PAGE;
    const size_t stride = blocks * CK_PAGE;
    const float *q[CK_ATTENTION_ROWS];
    float *out[CK_ATTENTION_ROWS], sums[CK_ATTENTION_ROWS];
    size_t seen[CK_ATTENTION_ROWS];
    for (size_t r = 0; r < rows; r++) {
        const size_t t = r / a->group, g = r % a->group;
        q[r] = a->q + t * a->q_stride + g * a->head_stride;
        out[r] = a->out + t * a->out_stride + g * a->out_head_stride;
        seen[r] = a->first + t + 1;
        memset(out[r], 0, a->width * sizeof *out[r]);
    }
    // What comes after the keys of the last page are the values of the first.
    for (size_t b = 0; b < blocks; b++) {
        const uint8_t *ahead = b + 1 < blocks ? page_of(a, a->keys, b + 1) : page_of(a, a->values, 0);
        scores(q, rows, page_of(a, a->keys, b), ahead, a->half, a->width, a->scale, a->scratch + b * CK_PAGE, stride);
    }
    for (size_t r = 0; r < rows; r++) {
        float shift;
        const float *bias = a->bias ? a->bias + r % a->group * a->bias_stride - (seen[r] - 1) : NULL;
        sums[r] = exponentials(a->scratch + r * stride, bias, seen[r], &shift);
    }
    for (size_t b = 0; b < blocks; b++) {
        size_t begin[CK_ATTENTION_ROWS] = {0}, end[CK_ATTENTION_ROWS];
        for (size_t r = 0; r < rows; r++) {
            end[r] = seen[r] > b * CK_PAGE ? seen[r] - b * CK_PAGE : 0;
            if (end[r] > CK_PAGE) end[r] = CK_PAGE;
        }
        const weighted w = {
            .p = a->scratch + b * CK_PAGE, .row_step = stride, .term_step = 1, .values = page_of(a, a->values, b),
            .ahead = page_of(a, a->values, b + 1 < blocks ? b + 1 : b), .value_stride = a->width, .width = a->width, .half = a->half,
            .out = out,
        };
        weighted_rows(&w, begin, end, rows);
    }
    for (size_t r = 0; r < rows; r++) scale(out[r], 1.0f / sums[r], a->width, out[r]);
}
