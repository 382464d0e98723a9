#pragma once
// Norms, softmax and cross-entropy of a row at a time: a row is read from memory once and from the first-level cache after that.

/// The sum of term(i) over the vectors of a row, four chains of additions and then the tail. `at` counts elements, `left` those of the
/// tail; a macro, since a function pointer would not be inlined in debug builds.
#define ROW_SUM(sum, columns, whole, tail)                                  \
    do {                                                                    \
        vf chain[4] = {v_zero(), v_zero(), v_zero(), v_zero()};             \
        size_t at = 0;                                                      \
        for (; at + 4 * V_LANES <= (columns); at += 4 * V_LANES) {          \
            _Pragma("clang loop unroll(full)") for (int u = 0; u < 4; u++) { \
                size_t i = at + (size_t)u * V_LANES;                        \
                chain[u] = whole;                                           \
            }                                                               \
        }                                                                   \
        for (int u = 0; at < (columns); at += V_LANES, u++) {               \
            size_t i = at, left = (columns) - at;                           \
            chain[u] = tail;                                                \
        }                                                                   \
        sum = v_sum(v_add(v_add(chain[0], chain[1]), v_add(chain[2], chain[3]))); \
    } while (0)

/// 1 / sqrt(mean(x^2) + epsilon) of a row whose squares are beyond float32.
static float wide_factor(const float *x, size_t columns, float epsilon) {
    double squares = 0;
    for (size_t i = 0; i < columns; i++) squares += (double)x[i] * x[i];
    return (float)(1 / sqrt(squares / (double)columns + epsilon));
}

static void rms_norm(
    const float *x, size_t x_stride, const float *weight, float epsilon, size_t rows, size_t columns, float *y, size_t y_stride, float *inverse
) {
    for (size_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        float squares;
        ROW_SUM(squares, columns, v_fma(v_load(x + i), v_load(x + i), chain[u]), v_fma(v_load_n(x + i, left), v_load_n(x + i, left), chain[u]));
        const float factor = isinf(squares) ? wide_factor(x, columns, epsilon) : 1.0f / sqrtf(squares / (float)columns + epsilon);
        const vf f = v_set1(factor);
        if (inverse) inverse[r] = factor;
        size_t i = 0;
        for (; i + V_LANES <= columns; i += V_LANES) v_store(y + i, v_mul(v_mul(v_load(x + i), f), v_load(weight + i)));
        if (i < columns) v_store_n(y + i, v_mul(v_mul(v_load_n(x + i, columns - i), f), v_load_n(weight + i, columns - i)), columns - i);
    }
}

// With s = 1 / sqrt(..), n columns and z = x s, whose mean square is about 1: dx = s (dy w - z / n sum(dy w z)), dw = sum over rows of
// dy z. Written with x and s^2 it would overflow for large rows.
static void rms_norm_backward(
    const float *x, size_t x_stride, const float *weight, const float *inverse, const float *dy, size_t dy_stride, size_t rows, size_t columns,
    float *dx, size_t dx_stride, int accumulate, float *d_weight
) {
    for (size_t r = 0; r < rows; r++, x += x_stride, dy += dy_stride, dx += dx_stride) {
        float dot;
        const vf s = v_set1(inverse[r]);
        ROW_SUM(
            dot, columns, v_fma(v_mul(v_load(dy + i), v_load(weight + i)), v_mul(v_load(x + i), s), chain[u]),
            v_fma(v_mul(v_load_n(dy + i, left), v_load_n(weight + i, left)), v_mul(v_load_n(x + i, left), s), chain[u]));
        const vf back = v_set1(dot / (float)columns);
        for (size_t i = 0; i < columns; i += V_LANES) {
            const size_t n = columns - i < V_LANES ? columns - i : V_LANES;
            vf z = v_mul(v_load_n(x + i, n), s), gradient = v_load_n(dy + i, n);
            v_store_n(d_weight + i, v_fma(gradient, z, v_load_n(d_weight + i, n)), n);
            vf result = v_mul(s, v_fnma(z, back, v_mul(gradient, v_load_n(weight + i, n))));
            v_store_n(dx + i, accumulate ? v_add(v_load_n(dx + i, n), result) : result, n);
        }
    }
}

/// The largest number of a row; NaN does not count. 0 where it is infinite or there is none: what subtracts it then gives what the
/// definition of softmax does.
static float row_shift(const float *x, size_t columns) {
    const vf lowest = v_set1(-INFINITY);
    vf most[2] = {lowest, lowest};
    size_t i = 0;
    for (; i + 2 * V_LANES <= columns; i += 2 * V_LANES) {
        most[0] = v_max(v_load(x + i), most[0]);
        most[1] = v_max(v_load(x + i + V_LANES), most[1]);
    }
    for (; i < columns; i += V_LANES) {
        size_t n = columns - i < V_LANES ? columns - i : V_LANES;
        most[0] = v_max(v_select(v_first(n), v_load_n(x + i, n), lowest), most[0]);
    }
    float lanes[V_LANES], result = -INFINITY;
    v_store(lanes, v_max(most[0], most[1]));
    for (int l = 0; l < V_LANES; l++) result = lanes[l] > result ? lanes[l] : result;
    return isinf(result) ? 0 : result;
}

static float row_exponential_sum(const float *x, size_t columns, float shift) {
    const vf s = v_set1(shift);
    float sum;
    ROW_SUM(
        sum, columns, v_add(chain[u], v_exp(v_sub(v_load(x + i), s))),
        v_add(chain[u], v_select(v_first(left), v_exp(v_sub(v_load_n(x + i, left), s)), v_zero())));
    return sum;
}

static void softmax(const float *x, size_t x_stride, size_t rows, size_t columns, float *y, size_t y_stride, int logarithm) {
    for (size_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        const float shift = row_shift(x, columns), sum = row_exponential_sum(x, columns, shift);
        const vf s = v_set1(logarithm ? shift + logf(sum) : shift), factor = v_set1(1.0f / sum);
        for (size_t i = 0; i < columns; i += V_LANES) {
            const size_t n = columns - i < V_LANES ? columns - i : V_LANES;
            vf value = v_sub(v_load_n(x + i, n), s);
            v_store_n(y + i, logarithm ? value : v_mul(v_exp(value), factor), n);
        }
    }
}

// dx = y (dy - sum(dy y)); of the logarithm dx = dy - e^y sum(dy).
static void softmax_backward(
    const float *y, size_t y_stride, const float *dy, size_t dy_stride, size_t rows, size_t columns, float *dx, size_t dx_stride, int logarithm
) {
    for (size_t r = 0; r < rows; r++, y += y_stride, dy += dy_stride, dx += dx_stride) {
        float total;
        if (logarithm) {
            ROW_SUM(total, columns, v_add(chain[u], v_load(dy + i)), v_add(chain[u], v_load_n(dy + i, left)));
        } else {
            ROW_SUM(
                total, columns, v_fma(v_load(dy + i), v_load(y + i), chain[u]),
                v_fma(v_load_n(dy + i, left), v_load_n(y + i, left), chain[u]));
        }
        const vf t = v_set1(total);
        for (size_t i = 0; i < columns; i += V_LANES) {
            const size_t n = columns - i < V_LANES ? columns - i : V_LANES;
            vf value = v_load_n(y + i, n), gradient = v_load_n(dy + i, n);
            v_store_n(dx + i, logarithm ? v_fnma(v_exp(value), t, gradient) : v_mul(value, v_sub(gradient, t)), n);
        }
    }
}

static void cross_entropy(
    const float *x, size_t x_stride, size_t rows, size_t columns, const int32_t *targets, float *loss, float *log_sum
) {
    for (size_t r = 0; r < rows; r++, x += x_stride) {
        loss[r] = log_sum[r] = 0;
        if (targets[r] < 0) continue;
        const float shift = row_shift(x, columns);
        log_sum[r] = shift + logf(row_exponential_sum(x, columns, shift));
        loss[r] = log_sum[r] - x[targets[r]];
    }
}

static void cross_entropy_backward(
    const float *x, size_t x_stride, size_t rows, size_t columns, const int32_t *targets, const float *log_sum, float scale, float *dx,
    size_t dx_stride
) {
    for (size_t r = 0; r < rows; r++, x += x_stride, dx += dx_stride) {
        if (targets[r] < 0) {
            memset(dx, 0, columns * sizeof *dx);
            continue;
        }
        const vf shift = v_set1(log_sum[r]), factor = v_set1(scale);
        for (size_t i = 0; i < columns; i += V_LANES) {
            const size_t n = columns - i < V_LANES ? columns - i : V_LANES;
            v_store_n(dx + i, v_mul(v_exp(v_sub(v_load_n(x + i, n), shift)), factor), n);
        }
        dx[targets[r]] -= scale;
    }
}

// The largest number first, then its place: the second pass ends at the first vector that has it.
static size_t largest(const float *x, size_t columns) {
    const vf least = v_set1(-INFINITY);
    vf chain[4] = {least, least, least, least};
    size_t i = 0;
    // v_max gives its second operand where either is NaN: what was largest stays.
    for (; i + 4 * V_LANES <= columns; i += 4 * V_LANES) {
#pragma clang loop unroll(full)
        for (int u = 0; u < 4; u++) chain[u] = v_max(v_load(x + i + (size_t)u * V_LANES), chain[u]);
    }
    float lanes[4 * V_LANES], most = -INFINITY;
    for (int u = 0; u < 4; u++) v_store(lanes + u * V_LANES, chain[u]);
    for (int l = 0; l < 4 * V_LANES; l++) most = lanes[l] > most ? lanes[l] : most;
    for (; i < columns; i++) most = x[i] > most ? x[i] : most;
    if (most == -INFINITY) return columns;
    const vf wanted = v_set1(most);
    for (i = 0; i + V_LANES <= columns; i += V_LANES) {
        if (v_any(v_equal(v_load(x + i), wanted))) break;
    }
    while (x[i] != most) i++;
    return i;
}

static void dots(const float *x, size_t columns, const float *weights, size_t stride, const int32_t *ids, size_t count, float *out) {
    for (size_t j = 0; j < count; j++) {
        const float *row = weights + (size_t)ids[j] * stride;
        ROW_SUM(
            out[j], columns, v_fma(v_load(x + i), v_load(row + i), chain[u]),
            v_fma(v_load_n(x + i, left), v_load_n(row + i, left), chain[u]));
    }
}
