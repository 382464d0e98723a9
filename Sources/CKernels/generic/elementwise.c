// The slow twin of bodies/elementwise.h and bodies/philox.h: the definitions in float64, a number at a time.
#include "../dropout.h"
#include "../include/ckernels.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static double activation(ck_activation f, double x, double *slope) {
    const double root = sqrt(2 / pi);
    switch (f) {
        case CK_RELU: *slope = x > 0 ? 1 : x * 0; return x < 0 ? 0 : x;
        case CK_SILU: {
            double s = 1 / (1 + exp(-x));
            *slope = s + x * s * (1 - s);
            return x * s;
        }
        case CK_GELU_TANH: {
            double t = tanh(root * (x + 0.044715 * x * x * x));
            *slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
            return 0.5 * x * (1 + t);
        }
        case CK_GELU_EXACT: {
            double cdf = 0.5 * erfc(-x / sqrt(2));
            *slope = cdf + x * exp(-0.5 * x * x) / sqrt(2 * pi);
            return x * cdf;
        }
    }
    return NAN;
}

static void activate(ck_activation f, const float *x, size_t n, float *y) {
    double slope;
    for (size_t i = 0; i < n; i++) y[i] = (float)activation(f, x[i], &slope);
}

static void activate_backward(ck_activation f, const float *x, const float *dy, size_t n, float *dx) {
    for (size_t i = 0; i < n; i++) {
        double slope;
        activation(f, x[i], &slope);
        dx[i] = (float)(slope * dy[i]);
    }
}

static void gate(ck_activation f, const float *g, const float *up, size_t n, float *y) {
    double slope;
    for (size_t i = 0; i < n; i++) y[i] = (float)(activation(f, g[i], &slope) * up[i]);
}

static void gate_backward(
    ck_activation f, const float *g, const float *up, const float *dy, size_t n, float *d_gate, float *d_up
) {
    for (size_t i = 0; i < n; i++) {
        double slope, value = activation(f, g[i], &slope), gradient = dy[i], factor = up[i];
        d_gate[i] = (float)(slope * factor * gradient);
        d_up[i] = (float)(value * gradient);
    }
}

static void add(const float *a, const float *b, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

static void add_scaled(const float *x, float factor, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = (float)((double)y[i] + (double)factor * x[i]);
}

static void scale(const float *x, float factor, size_t n, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = factor * x[i];
}

/// Word `which` of the counter [count, stream] under the key.
static uint32_t philox(uint64_t seed, uint64_t stream, uint64_t count, int which) {
    uint32_t c[4] = {(uint32_t)count, (uint32_t)(count >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)c[0] * 0xD2511F53u, b = (uint64_t)c[2] * 0xCD9E8D57u;
        c[0] = (uint32_t)(b >> 32) ^ c[1] ^ key[0];
        c[1] = (uint32_t)b;
        c[2] = (uint32_t)(a >> 32) ^ c[3] ^ key[1];
        c[3] = (uint32_t)a;
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return c[which];
}

/// Word i of a block of 64.
static uint32_t random_word(uint64_t seed, uint64_t stream, uint64_t block, size_t i) {
    return philox(seed, stream, block * 16 + i % 16, (int)(i / 16));
}

static void random_words(uint64_t seed, uint64_t stream, uint64_t block, size_t blocks, uint32_t *out) {
    for (size_t i = 0; i < 64 * blocks; i++) out[i] = random_word(seed, stream, block + i / 64, i % 64);
}

static void dropout(const float *x, uint64_t first, size_t n, uint64_t seed, uint64_t stream, float rate, float *y) {
    const uint32_t threshold = ck_dropout_threshold(rate);
    for (size_t i = 0; i < n; i++) {
        const uint64_t part = (first + i) / 64;
        const uint32_t word = random_word(seed, stream, part / 2, (first + i) % 64), half = part % 2 ? word >> 16 : word & 0xFFFF;
        y[i] = half >= threshold ? x[i] * (1 / (1 - rate)) : 0;
    }
}

const ck_elementwise_ops ck_elementwise_generic = {
    .activate = activate,
    .activate_backward = activate_backward,
    .gate = gate,
    .gate_backward = gate_backward,
    .add = add,
    .add_scaled = add_scaled,
    .scale = scale,
    .dropout = dropout,
    .random_words = random_words,
};
