#pragma once
// AdamW in one pass over a parameter's four arrays, and the sum of squares that clipping needs.

static inline __attribute__((always_inline)) void adamw_vector(
    const ck_adamw *step, const float *g, float *p, float *m, float *v, size_t n
) {
    vf gradient = v_mul(v_load_n(g, n), v_set1(step->gradient_scale)), first = v_load_n(m, n);
    first = v_fma(v_sub(gradient, first), v_set1(step->one_minus_beta1), first);
    vf second = v_mul(v_load_n(v, n), v_set1(step->beta2));
    second = v_fma(v_mul(gradient, gradient), v_set1(step->one_minus_beta2), second);
    vf divisor = v_fma(v_sqrt(second), v_set1(step->inverse_root_correction), v_set1(step->epsilon));
    vf value = v_mul(v_load_n(p, n), v_set1(step->decay));
    v_store_n(p, v_fnma(v_set1(step->step_size), v_div(first, divisor), value), n);
    v_store_n(m, first, n);
    v_store_n(v, second, n);
}

static void adamw(const ck_adamw *step, size_t n, const float *g, float *p, float *m, float *v) {
    const ck_adamw constants = *step;
    size_t i = 0;
    for (; i + V_LANES <= n; i += V_LANES) adamw_vector(&constants, g + i, p + i, m + i, v + i, V_LANES);
    if (i < n) adamw_vector(&constants, g + i, p + i, m + i, v + i, n - i);
}

/// The same for any numbers, one at a time: for those whose squares are beyond float32.
static double wide_sum_of_squares(const float *x, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++) total += (double)x[i] * x[i];
    return total;
}

static double sum_of_squares(const float *x, size_t n) {
    double total = 0;
    for (size_t from = 0; from < n; from += 4096) {
        const size_t count = n - from < 4096 ? n - from : 4096;
        vf sums[4] = {v_zero(), v_zero(), v_zero(), v_zero()};
        size_t i = 0;
        for (; i + 4 * V_LANES <= count; i += 4 * V_LANES) {
#pragma clang loop unroll(full)
            for (int u = 0; u < 4; u++) {
                vf value = v_load(x + from + i + (size_t)u * V_LANES);
                sums[u] = v_fma(value, value, sums[u]);
            }
        }
        for (; i < count; i += V_LANES) {
            vf value = v_load_n(x + from + i, count - i < V_LANES ? count - i : V_LANES);
            sums[0] = v_fma(value, value, sums[0]);
        }
        const float sum = v_sum(v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3])));
        total += isfinite(sum) ? (double)sum : wide_sum_of_squares(x + from, count);
    }
    return total;
}

const ck_optimizer_ops CK_SET(ck_optimizer) = {.adamw = adamw, .sum_of_squares = sum_of_squares};
