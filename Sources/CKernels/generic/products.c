// The slow twin of bodies/products.h, summed in float64, and the layout of its panels for machines without a set of their own.
#include "../include/ckernels.h"

#include <string.h>

enum { ROWS = 4, COLUMNS = 8 };

static float element(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t l, size_t k) {
    return l < lines ? source[l * line_stride + k * k_stride] : 0.0f;
}

static void pack_f32(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, void *out) {
    for (size_t at = 0; at < k; at++) {
        for (size_t l = 0; l < width; l++) ((float *)out)[at * width + l] = element(source, line_stride, k_stride, lines, l, at);
    }
}

static uint32_t to_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return bits >> 16 | 0x40;
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

static float from_bf16(uint32_t x) {
    uint32_t bits = x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void pack_bf16(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, void *out) {
    for (size_t at = 0; at < k; at += 2) {
        for (size_t l = 0; l < width; l++) {
            uint32_t low = to_bf16(element(source, line_stride, k_stride, lines, l, at));
            uint32_t high = at + 1 < k ? to_bf16(element(source, line_stride, k_stride, lines, l, at + 1)) : 0;
            ((uint32_t *)out)[at / 2 * width + l] = low | high << 16;
        }
    }
}

/// One side's panels by one panel's packing.
typedef void (*pack_panel)(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, void *out);

static void pack_panels(
    pack_panel pack, const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t most, int full, size_t k, size_t steps,
    uint32_t *out
) {
    for (size_t l = 0; l < lines; l += most) {
        size_t h = lines - l < most ? lines - l : most;
        pack(source + l * line_stride, line_stride, k_stride, h, full ? most : h, k, out + l * steps);
    }
}

static void pack_left_f32(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *out) {
    pack_panels(pack_f32, source, line_stride, k_stride, lines, ROWS, 0, k, k, out);
}

static void pack_left_bf16(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *out) {
    pack_panels(pack_bf16, source, line_stride, k_stride, lines, ROWS, 0, k, (k + 1) / 2, out);
}

static void pack_right_f32(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out) {
    pack_panels(pack_f32, source, line_stride, k_stride, lines, COLUMNS, 1, k, steps, out);
}

static void pack_right_bf16(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out) {
    pack_panels(pack_bf16, source, line_stride, k_stride, lines, COLUMNS, 1, k, steps, out);
}

/// Where the unit of row i at step s lies in A's panels.
static size_t row_index(size_t m, size_t steps, size_t i, size_t s) {
    size_t panel = i / ROWS * ROWS, h = m - panel < ROWS ? m - panel : ROWS;
    return panel * steps + s * h + (i - panel);
}

static size_t column_index(size_t b_steps, size_t j, size_t s) { return j / COLUMNS * COLUMNS * b_steps + s * COLUMNS + j % COLUMNS; }

static void tile_f32(
    const void *left, const void *right, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    const float *a = left, *b = right;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = accumulate ? c[i * c_stride + j] : 0;
            for (size_t s = 0; s < steps; s++) sum += (double)a[row_index(m, steps, i, s)] * b[column_index(b_steps, j, s)];
            c[i * c_stride + j] = (float)sum;
        }
    }
}

static void tile_bf16(
    const void *left, const void *right, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    const uint32_t *a = left, *b = right;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = accumulate ? c[i * c_stride + j] : 0;
            for (size_t s = 0; s < steps; s++) {
                uint32_t x = a[row_index(m, steps, i, s)], y = b[column_index(b_steps, j, s)];
                sum += (double)from_bf16(x & 0xFFFF) * from_bf16(y & 0xFFFF);
                sum += (double)from_bf16(x >> 16) * from_bf16(y >> 16);
            }
            c[i * c_stride + j] = (float)sum;
        }
    }
}

const ck_product_ops ck_f32_products_generic = {
    .unit = 1,
    .step_multiple = 1,
    .rows = ROWS,
    .columns = COLUMNS,
    .steps_per_pass = PTRDIFF_MAX,
    .rows_per_block = 256,
    .pack_left = pack_left_f32,
    .pack_right = pack_right_f32,
    .tile = tile_f32,
};

const ck_product_ops ck_bf16_products_generic = {
    .unit = 2,
    .step_multiple = 1,
    .rows = ROWS,
    .columns = COLUMNS,
    .steps_per_pass = PTRDIFF_MAX,
    .rows_per_block = 256,
    .pack_left = pack_left_bf16,
    .pack_right = pack_right_bf16,
    .tile = tile_bf16,
};
