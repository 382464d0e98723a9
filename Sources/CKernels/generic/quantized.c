// The slow twin of bodies/quantized.h.
#include "../weight_layouts.h"

#include <math.h>
#include <string.h>

enum { ROWS = 4, COLUMNS = 4 };

static float largest_magnitude(const float *x) {
    float largest = 0;
    for (int i = 0; i < 32; i++) {
        float magnitude = fabsf(x[i]);
        if (isnan(magnitude)) return magnitude;
        if (magnitude > largest) largest = magnitude;
    }
    return largest;
}

static void round_rows(const float *a, size_t a_stride, size_t h, size_t k, const ck_activations *out, size_t row) {
    size_t blocks = k / 32;
    for (size_t r = 0; r < h; r++) {
        for (size_t t = 0; t < blocks; t++) {
            const float *x = a + r * a_stride + t * 32;
            float peak = largest_magnitude(x), scale = peak / 127, inverse = 127 / peak;
            int usable = isfinite(peak) && peak >= 0x1p-119f;
            if (peak < 0x1p-119f) scale = 0;
            int32_t half_sums[2] = {0, 0};
            for (size_t i = 0; i < 32; i++) {
                int8_t q = usable ? (int8_t)lrintf(x[i] * inverse) : 0;
                out->values[row * k + ((t * 8 + i / 4) * h + r) * 4 + i % 4] = q;
                half_sums[i / 16] += q;
            }
            size_t at = row * blocks + t * h + r;
            out->scales[at] = scale;
            out->negative_sums[at] = -(half_sums[0] + half_sums[1]);
            out->scaled_sums[at] = scale * (float)(half_sums[0] + half_sums[1]);
            for (size_t g = 0; g < 2; g++) out->negative_half_sums[row * 2 * blocks + (2 * t + g) * h + r] = -half_sums[g];
        }
    }
}

static float half_or_single(const uint8_t *at, size_t index, size_t bytes) {
    float value;
    if (bytes == 2) ck_dequantize(CK_TENSOR_F16, at + 2 * index, 1, &value);
    else memcpy(&value, at + 4 * index, 4);
    return value;
}

/// Weight k of a column as the panel has it.
static int stored_value(const uint8_t *values, ck_weight_layout layout, size_t column, size_t k) {
    size_t block = k / 32, i = k % 32;
    if (layout.bits == 8) return values[(k / 4 * COLUMNS + column) * 4 + k % 4];
    uint8_t both = values[block * 16 * COLUMNS + (i % 16 / 4 * COLUMNS + column) * 4 + i % 4];
    return i < 16 ? both & 0xF : both >> 4;
}

static void tile(
    const ck_activations *a, size_t row, size_t m, size_t k, ck_weight_format format, const void *panel, float *c, size_t c_stride, size_t n,
    int accumulate, uint8_t *scratch
) {
    (void)scratch;
    ck_weight_layout layout = CK_LAYOUT(format);
    const uint8_t *values = panel, *scales = values + k * COLUMNS * layout.bits / 8;
    const uint8_t *minima = scales + k / layout.group * COLUMNS * layout.scale_bytes;
    int offset = layout.has_minimum ? 0 : 1 << layout.offset_shift;
    for (size_t i = 0; i < m; i++) {
        size_t first = row + i / ROWS * ROWS, r = i % ROWS, h = m - (first - row) < ROWS ? m - (first - row) : ROWS;
        for (size_t j = 0; j < n; j++) {
            double total = accumulate ? c[i * c_stride + j] : 0;
            for (size_t g = 0; g < k / layout.group; g++) {
                int32_t sum = 0;
                for (size_t x = g * layout.group; x < (g + 1) * layout.group; x++) {
                    int q = a->values[first * k + (x / 4 * h + r) * 4 + x % 4];
                    sum += q * (stored_value(values, layout, j, x) - offset);
                }
                size_t t = g * layout.group / 32, at = first * (k / 32) + t * h + r;
                total += sum * ((double)half_or_single(scales, g * COLUMNS + j, layout.scale_bytes) * a->scales[at]);
                if (layout.has_minimum) total += (double)a->scaled_sums[at] * half_or_single(minima, g * COLUMNS + j, layout.scale_bytes);
            }
            c[i * c_stride + j] = (float)total;
        }
    }
}

const ck_quantized_ops ck_quantized_generic = {.rows = ROWS, .columns = COLUMNS, .scratch_bytes = 0, .round_rows = round_rows, .tile = tile};
