// Products by OpenBLAS, tile by tile.
#include "include/ck_openblas.h"
#include "tables.h"

#include <cblas-openblas.h>
#include <pthread.h>

enum { ROWS = 64, COLUMNS = 256 };

static void tile_f32(
    const void *left, const void *right, size_t b_steps, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    const float *a = left, *b = right;
    // A tile of C of its own: a short panel's call writes past what the caller has.
    float out[ROWS * COLUMNS];
    for (size_t j = 0; j < n; j += COLUMNS) {
        size_t columns = n - j < COLUMNS ? n - j : COLUMNS;
        for (size_t i = 0; i < m; i += ROWS) {
            size_t rows = m - i < ROWS ? m - i : ROWS;
            for (size_t x = 0; steps == 0 && x < ROWS * COLUMNS; x++) out[x] = 0;
            if (steps > 0) {
                cblas_sgemm(
                    CblasRowMajor, CblasTrans, CblasNoTrans, ROWS, COLUMNS, (blasint)steps, 1, a + i * steps, ROWS, b + j * b_steps, COLUMNS, 0,
                    out, COLUMNS);
            }
            for (size_t r = 0; r < rows; r++) {
                float *row = c + (i + r) * c_stride + j;
                for (size_t x = 0; x < columns; x++) row[x] = accumulate ? row[x] + out[r * COLUMNS + x] : out[r * COLUMNS + x];
            }
        }
    }
}

/// Panels of `width` lines: [k][width].
static void pack_panels(
    const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t width, size_t k, size_t steps, float *out
) {
    for (size_t l = 0; l < lines; l += width) {
        for (size_t at = 0; at < k; at++) {
            for (size_t i = 0; i < width; i++) {
                out[l * steps + at * width + i] = l + i < lines ? source[(l + i) * line_stride + at * k_stride] : 0.0f;
            }
        }
    }
}

static void pack_left(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, void *out) {
    pack_panels(source, line_stride, k_stride, lines, ROWS, k, k, out);
}

static void pack_right(const float *source, size_t line_stride, size_t k_stride, size_t lines, size_t k, size_t steps, void *out) {
    pack_panels(source, line_stride, k_stride, lines, COLUMNS, k, steps, out);
}

static ck_product_ops products;

static void set_up(void) {
    openblas_set_num_threads(1);
    products = ck_f32_products_generic;
    products.rows = ROWS;
    products.columns = COLUMNS;
    products.full_rows = 1;
    products.pack_left = pack_left;
    products.pack_right = pack_right;
    products.tile = tile_f32;
}

const ck_product_ops *ck_openblas_products(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
    return &products;
}

const char *ck_openblas_core(void) { return openblas_get_corename(); }
