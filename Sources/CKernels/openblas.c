// Products by OpenBLAS, tile by tile.
#include "include/ck_openblas.h"
#include "tables.h"

#include <cblas-openblas.h>
#include <pthread.h>

enum { ROWS = 64, COLUMNS = 256 };

static void tile_f32(
    const float *a, const float *b, float *c, size_t c_stride, size_t m, size_t n, size_t steps, int accumulate
) {
    // A tile of C of its own: a short panel's call writes past what the caller has.
    float out[ROWS * COLUMNS];
    for (size_t j = 0; j < n; j += COLUMNS) {
        size_t columns = n - j < COLUMNS ? n - j : COLUMNS;
        for (size_t i = 0; i < m; i += ROWS) {
            size_t rows = m - i < ROWS ? m - i : ROWS;
            for (size_t x = 0; steps == 0 && x < ROWS * COLUMNS; x++) out[x] = 0;
            if (steps > 0) {
                cblas_sgemm(
                    CblasRowMajor, CblasTrans, CblasNoTrans, ROWS, COLUMNS, (blasint)steps, 1, a + i * steps, ROWS, b + j * steps, COLUMNS, 0,
                    out, COLUMNS);
            }
            for (size_t r = 0; r < rows; r++) {
                float *row = c + (i + r) * c_stride + j;
                for (size_t x = 0; x < columns; x++) row[x] = accumulate ? row[x] + out[r * COLUMNS + x] : out[r * COLUMNS + x];
            }
        }
    }
}

static ck_product_ops products;

static void set_up(void) {
    openblas_set_num_threads(1);
    products = ck_products_generic;
    products.rows = ROWS;
    products.columns = COLUMNS;
    products.full_rows = 1;
    products.tile_f32 = tile_f32;
}

const ck_product_ops *ck_openblas_products(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
    return &products;
}

const char *ck_openblas_core(void) { return openblas_get_corename(); }
