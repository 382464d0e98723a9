#pragma once
// Attention of a beam search: keys and values of a query wherever its ancestors left them.

static void listed(const ck_listed_attention *a) {
    for (size_t j = 0; j < a->count; j++) {
        const float *key = a->k + (size_t)a->rows[j] * a->k_stride;
        float dot;
        ROW_SUM(
            dot, a->width, v_fma(v_load(a->q + i), v_load(key + i), chain[u]),
            v_fma(v_load_n(a->q + i, left), v_load_n(key + i, left), chain[u]));
        a->scratch[j] = a->scale * dot;
    }
    float shift = 0;
    const float sum = a->count ? exponentials(a->scratch, a->bias ? a->bias - (a->count - 1) : NULL, a->count, &shift) : 1;
    const vf factor = v_set1(1.0f / sum);
    for (size_t column = 0; column < a->width; column += 4 * V_LANES) {
        const size_t columns = a->width - column < 4 * V_LANES ? a->width - column : 4 * V_LANES;
        const float *values = a->v + column;
        float *out = a->out + column;
        vf acc[4] = {v_zero(), v_zero(), v_zero(), v_zero()};
        if (columns == 4 * V_LANES) {
            for (size_t j = 0; j < a->count; j++) {
                const float *row = values + (size_t)a->rows[j] * a->v_stride;
                const vf p = v_set1(a->scratch[j]);
                for (int c = 0; c < 4; c++) acc[c] = v_fma(p, v_load(row + c * V_LANES), acc[c]);
            }
            for (int c = 0; c < 4; c++) v_store(out + c * V_LANES, v_mul(acc[c], factor));
            continue;
        }
        for (size_t at = 0; at < columns; at += V_LANES) {
            const size_t left = columns - at < V_LANES ? columns - at : V_LANES;
            vf sum_of_rows = v_zero();
            for (size_t j = 0; j < a->count; j++) {
                const float *row = values + (size_t)a->rows[j] * a->v_stride + at;
                sum_of_rows = v_fma(v_set1(a->scratch[j]), v_load_n(row, left), sum_of_rows);
            }
            v_store_n(out + at, v_mul(sum_of_rows, factor), left);
        }
    }
}
