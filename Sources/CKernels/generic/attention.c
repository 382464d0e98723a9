// The slow twin of bodies/attention_*.h: the definitions, in float64, one query and key at a time.
#include "../tables.h"

#include <math.h>
#include <string.h>

static double number(const void *p, size_t index, int half) {
    float x;
    if (half) ck_dequantize(CK_TENSOR_F16, (const uint8_t *)p + 2 * index, 1, &x);
    else memcpy(&x, (const uint8_t *)p + 4 * index, 4);
    return x;
}

/// Single precision to half, to nearest even.
static uint16_t half_from_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7FFFFFFF;
    if (size > 0x7F800000) return (uint16_t)(sign | 0x7E00);
    if (size >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
    if (size >= 0x38800000) return (uint16_t)(sign | (size + 0xFFF + (size >> 13 & 1) - 0x38000000) >> 13);
    // Below 2^-14: next to 0.5 the last place of a float is that of a subnormal half.
    float shifted = fabsf(x) + 0.5f;
    memcpy(&bits, &shifted, sizeof bits);
    return (uint16_t)(sign | (bits - 0x3F000000));
}

static void put_number(void *p, size_t index, float x, int half) {
    if (!half) {
        memcpy((uint8_t *)p + 4 * index, &x, 4);
        return;
    }
    const uint16_t bits = half_from_float(x);
    memcpy((uint8_t *)p + 2 * index, &bits, 2);
}

static void append(
    const float *k, size_t k_stride, const float *v, size_t v_stride, size_t tokens, size_t width, size_t first, uint8_t *keys, uint8_t *values,
    size_t page_bytes, const int32_t *pages, int half
) {
    for (size_t t = 0; t < tokens; t++) {
        const size_t slot = (first + t) % CK_PAGE, offset = (size_t)pages[(first + t) / CK_PAGE] * page_bytes;
        for (size_t d = 0; d < width; d++) {
            put_number(keys + offset, d * CK_PAGE + slot, k[t * k_stride + d], half);
            put_number(values + offset, slot * width + d, v[t * v_stride + d], half);
        }
    }
}

/// Turns n scores into their exponentials over e^shift; returns their sum.
static double exponentials(float *x, size_t n, double *shift) {
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < n; j++) most = x[j] > most ? x[j] : most;
    *shift = isinf(most) ? 0 : most;
    for (size_t j = 0; j < n; j++) {
        x[j] = (float)exp(x[j] - *shift);
        sum += x[j];
    }
    return sum;
}

static void paged(const ck_paged_attention *a) {
    for (size_t r = 0; r < a->tokens * a->group; r++) {
        const size_t t = r / a->group, g = r % a->group, position = a->first + t;
        const float *q = a->q + t * a->q_stride + g * a->head_stride;
        float *out = a->out + t * a->out_stride + g * a->out_head_stride;
        for (size_t j = 0; j <= position; j++) {
            const uint8_t *keys = a->keys + (size_t)a->pages[j / CK_PAGE] * a->page_bytes;
            double sum = 0;
            for (size_t d = 0; d < a->width; d++) sum += q[d] * number(keys, d * CK_PAGE + j % CK_PAGE, a->half);
            sum *= a->scale;
            if (a->bias) sum += (a->bias + g * a->bias_stride)[(ptrdiff_t)j - (ptrdiff_t)position];
            a->scratch[j] = (float)sum;
        }
        double shift, total = exponentials(a->scratch, position + 1, &shift);
        for (size_t d = 0; d < a->width; d++) {
            double sum = 0;
            for (size_t j = 0; j <= position; j++) {
                const uint8_t *values = a->values + (size_t)a->pages[j / CK_PAGE] * a->page_bytes;
                sum += a->scratch[j] * number(values, j % CK_PAGE * a->width + d, a->half);
            }
            out[d] = (float)(sum / total);
        }
    }
}

static double dot(const float *x, const float *y, size_t n) {
    double sum = 0;
    for (size_t d = 0; d < n; d++) sum += (double)x[d] * y[d];
    return sum;
}

static void listed(const ck_listed_attention *a) {
    for (size_t j = 0; j < a->count; j++) {
        double sum = a->scale * dot(a->q, a->k + (size_t)a->rows[j] * a->k_stride, a->width);
        if (a->bias) sum += a->bias[(ptrdiff_t)j - (ptrdiff_t)(a->count - 1)];
        a->scratch[j] = (float)sum;
    }
    double shift, total = exponentials(a->scratch, a->count, &shift);
    for (size_t d = 0; d < a->width; d++) {
        double sum = 0;
        for (size_t j = 0; j < a->count; j++) sum += (double)a->scratch[j] * a->v[(size_t)a->rows[j] * a->v_stride + d];
        a->out[d] = a->count == 0 ? 0 : (float)(sum / total);
    }
}

static size_t keys_seen(const ck_dense_attention *a, size_t i) { return a->causal && i + 1 < a->keys ? i + 1 : a->keys; }

static double score(const ck_dense_attention *a, size_t i, size_t j) {
    double sum = a->scale * dot(a->q + i * a->q_stride, a->k + j * a->k_stride, a->width);
    return a->bias ? sum + a->bias[(ptrdiff_t)j - (ptrdiff_t)i] : sum;
}

static void drop_row(const ck_dense_attention *a, size_t i, float *x, size_t n) {
    if (a->dropout <= 0) return;
    const uint64_t first = a->first_element + i * ((a->keys + 63) / 64 * 64);
    ck_elementwise_generic.dropout(x, first, n, a->seed, a->stream, a->dropout, x);
}

static void dense(const ck_dense_attention *a) {
    for (size_t i = 0; i < a->queries; i++) {
        const size_t seen = keys_seen(a, i);
        for (size_t j = 0; j < seen; j++) a->scratch[j] = (float)score(a, i, j);
        double shift, total = exponentials(a->scratch, seen, &shift);
        a->log_sum[i] = (float)(shift + log(total));
        drop_row(a, i, a->scratch, seen);
        for (size_t d = 0; d < a->width; d++) {
            double sum = 0;
            for (size_t j = 0; j < seen; j++) sum += (double)a->scratch[j] * a->v[j * a->v_stride + d];
            a->out[i * a->out_stride + d] = seen == 0 ? 0 : (float)(sum / total);
        }
    }
}

static void dense_backward(const ck_dense_attention *a, const ck_dense_attention_gradients *g) {
    float *p = a->scratch, *mask = p + a->keys;
    for (size_t i = 0; i < a->queries; i++) memset(g->dq + i * g->dq_stride, 0, a->width * sizeof *p);
    for (size_t j = 0; j < a->keys; j++) {
        memset(g->dk + j * g->dk_stride, 0, a->width * sizeof *p);
        memset(g->dv + j * g->dv_stride, 0, a->width * sizeof *p);
    }
    for (size_t i = 0; i < a->queries; i++) {
        const size_t seen = keys_seen(a, i);
        const float *d_out = g->d_out + i * g->d_out_stride;
        const double total = dot(d_out, a->out + i * a->out_stride, a->width);
        for (size_t j = 0; j < seen; j++) mask[j] = 1;
        drop_row(a, i, mask, seen);
        for (size_t j = 0; j < seen; j++) {
            const double probability = exp(score(a, i, j) - a->log_sum[i]);
            const double ds = probability * (mask[j] * dot(d_out, a->v + j * a->v_stride, a->width) - total);
            if (a->bias && g->d_bias) g->d_bias[(ptrdiff_t)j - (ptrdiff_t)i] += (float)ds;
            for (size_t d = 0; d < a->width; d++) {
                g->dv[j * g->dv_stride + d] += (float)(mask[j] * probability * d_out[d]);
                g->dq[i * g->dq_stride + d] += (float)(a->scale * ds * a->k[j * a->k_stride + d]);
                g->dk[j * g->dk_stride + d] += (float)(a->scale * ds * a->q[i * a->q_stride + d]);
            }
        }
    }
}

const ck_attention_ops ck_attention_generic = {
    .append = append, .paged = paged, .listed = listed, .dense = dense, .dense_backward = dense_backward,
};
