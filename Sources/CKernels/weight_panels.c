// Weight panels out of GGUF blocks: done once, when a model is loaded.
#include "weight_layouts.h"

#include <string.h>

ck_weight_layout ck_weight_layout_of(ck_weight_format format) { return CK_LAYOUT(format); }

static size_t value_bytes(ck_weight_layout layout, size_t columns, size_t k) { return k * columns * layout.bits / 8; }

static size_t scales_bytes(ck_weight_layout layout, size_t columns, size_t k) { return k / layout.group * columns * layout.scale_bytes; }

size_t ck_weight_panel_bytes(ck_weight_format format, size_t columns, size_t k) {
    ck_weight_layout layout = CK_LAYOUT(format);
    size_t bytes = value_bytes(layout, columns, k) + scales_bytes(layout, columns, k) * (layout.has_minimum ? 2 : 1);
    return (bytes + 63) / 64 * 64;
}

static ck_tensor_type source_type(ck_weight_format format) {
    switch (format) {
        case CK_WEIGHTS_4_0: return CK_TENSOR_Q4_0;
        case CK_WEIGHTS_4_1: return CK_TENSOR_Q4_1;
        case CK_WEIGHTS_4_K: return CK_TENSOR_Q4_K;
        case CK_WEIGHTS_5_0: return CK_TENSOR_Q5_0;
        case CK_WEIGHTS_5_1: return CK_TENSOR_Q5_1;
        case CK_WEIGHTS_5_K: return CK_TENSOR_Q5_K;
        case CK_WEIGHTS_6_K: return CK_TENSOR_Q6_K;
        case CK_WEIGHTS_8_0: return CK_TENSOR_Q8_0;
    }
    return CK_TENSOR_Q8_0;
}

/// Values of block t of a column, into [K / 4][columns][4] bytes or, with 4 bits, [4][columns][4] a block.
static void put_values(const ck_group *group, ck_weight_layout layout, size_t t, size_t columns, size_t column, uint8_t *values) {
    uint8_t *block = values + t * 32 * columns * layout.bits / 8;
    for (size_t s = 0; s < (layout.bits == 4 ? 4u : 8u); s++) {
        for (size_t i = 0; i < 4; i++) {
            uint8_t low = group->u[4 * s + i];
            block[(s * columns + column) * 4 + i] = layout.bits == 4 ? (uint8_t)(low | group->u[16 + 4 * s + i] << 4) : low;
        }
    }
}

static void put_scales(const ck_group *group, ck_weight_layout layout, size_t t, size_t columns, size_t column, uint8_t *scales, uint8_t *minima) {
    if (layout.scale_bytes == 2) {
        memcpy(scales + (t * columns + column) * 2, &group->half_scale, 2);
        if (layout.has_minimum) memcpy(minima + (t * columns + column) * 2, &group->half_minimum, 2);
        return;
    }
    size_t groups = 32u / layout.group;
    for (size_t g = 0; g < groups; g++) memcpy(scales + ((t * groups + g) * columns + column) * 4, &group->scales[g], 4);
    if (layout.has_minimum) memcpy(minima + (t * columns + column) * 4, &group->minimum, 4);
}

void ck_weight_panel_pack(ck_weight_format format, const void *blocks, size_t row_bytes, size_t lines, size_t columns, size_t k, void *panel) {
    ck_weight_layout layout = CK_LAYOUT(format);
    ck_tensor_type type = source_type(format);
    uint8_t *values = panel, *scales = values + value_bytes(layout, columns, k), *minima = scales + scales_bytes(layout, columns, k);
    memset(panel, 0, ck_weight_panel_bytes(format, columns, k));
    for (size_t column = 0; column < lines; column++) {
        const uint8_t *row = (const uint8_t *)blocks + column * row_bytes;
        for (size_t t = 0; t < k / 32; t++) {
            ck_group group;
            ck_read_group(type, row, t, &group);
            put_values(&group, layout, t, columns, column, values);
            put_scales(&group, layout, t, columns, column, scales, minima);
        }
    }
}
