// Reads the blocks of GGUF tensors. Their layouts are ggml's; multi-byte fields are little-endian and need no alignment.
#include "include/ckernels.h"

#include <string.h>

// A fused multiply-add would round once where ggml's code rounds twice.
#pragma clang fp contract(off)

static uint16_t half_at(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t word_at(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// IEEE 754 half precision to single: exact. A subnormal is its integer times 2^-24.
static float half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
    if (exponent == 0x1F) return float_of(sign | 0x7F800000 | fraction << 13);
    if (exponent == 0) {
        float magnitude = (float)fraction * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

size_t ck_block_weights(ck_tensor_type type) {
    switch (type) {
        case CK_TENSOR_F32: case CK_TENSOR_F16: case CK_TENSOR_BF16: return 1;
        case CK_TENSOR_Q4_0: case CK_TENSOR_Q4_1: case CK_TENSOR_Q5_0: case CK_TENSOR_Q5_1: case CK_TENSOR_Q8_0: return 32;
        case CK_TENSOR_Q4_K: case CK_TENSOR_Q5_K: case CK_TENSOR_Q6_K: return 256;
    }
    return 0;
}

size_t ck_block_bytes(ck_tensor_type type) {
    switch (type) {
        case CK_TENSOR_F32: return 4;
        case CK_TENSOR_F16: case CK_TENSOR_BF16: return 2;
        case CK_TENSOR_Q4_0: return 2 + 16;
        case CK_TENSOR_Q4_1: return 2 + 2 + 16;
        case CK_TENSOR_Q5_0: return 2 + 4 + 16;
        case CK_TENSOR_Q5_1: return 2 + 2 + 4 + 16;
        case CK_TENSOR_Q8_0: return 2 + 32;
        case CK_TENSOR_Q4_K: return 2 + 2 + 12 + 128;
        case CK_TENSOR_Q5_K: return 2 + 2 + 12 + 32 + 128;
        case CK_TENSOR_Q6_K: return 128 + 64 + 16 + 2;
    }
    return 0;
}

/// 16 bytes of half bytes: low halves are the first 16 weights, high halves the last.
static void read_halves(const uint8_t *bytes, uint8_t u[32]) {
    for (int i = 0; i < 16; i++) {
        u[i] = bytes[i] & 0xF;
        u[16 + i] = bytes[i] >> 4;
    }
}

static void read_fifth_bits(uint32_t bits, uint8_t u[32]) {
    for (int i = 0; i < 32; i++) u[i] |= (uint8_t)((bits >> i & 1) << 4);
}

static void set_half_scale(ck_group *out, uint16_t scale) {
    out->half_scale = scale;
    out->scales[0] = out->scales[1] = half_to_float(scale);
}

static void set_half_minimum(ck_group *out, uint16_t minimum) {
    out->half_minimum = minimum;
    out->minimum = half_to_float(minimum);
    out->has_minimum = 1;
}

/// Q4_K and Q5_K: eight groups a block, whose scales and minima are 6 bits each in 12 bytes.
static void read_k_scales(const uint8_t *block, size_t group, ck_group *out) {
    const uint8_t *packed = block + 4;
    uint8_t scale, minimum;
    if (group < 4) {
        scale = packed[group] & 63;
        minimum = packed[group + 4] & 63;
    } else {
        scale = (uint8_t)((packed[group + 4] & 0xF) | packed[group - 4] >> 6 << 4);
        minimum = (uint8_t)(packed[group + 4] >> 4 | packed[group] >> 6 << 4);
    }
    out->scales[0] = out->scales[1] = half_to_float(half_at(block)) * (float)scale;
    out->minimum = -(half_to_float(half_at(block + 2)) * (float)minimum);
    out->has_minimum = 1;
}

/// Two groups share 32 bytes: one in the low halves, the next in the high ones.
static void read_k_values(const uint8_t *bytes, size_t group, uint8_t u[32]) {
    const uint8_t *at = bytes + group / 2 * 32;
    for (int i = 0; i < 32; i++) u[i] = group % 2 ? at[i] >> 4 : at[i] & 0xF;
}

static void read_q6_k(const uint8_t *block, size_t group, ck_group *out) {
    size_t half = group / 4, quarter = group % 4;
    const uint8_t *low = block + half * 64 + (quarter % 2) * 32, *high = block + 128 + half * 32;
    const int8_t *scales = (const int8_t *)block + 192 + half * 8 + quarter * 2;
    float d = half_to_float(half_at(block + 208));
    for (int i = 0; i < 32; i++) {
        uint8_t four = quarter < 2 ? low[i] & 0xF : low[i] >> 4;
        out->u[i] = (uint8_t)(four | (high[i] >> (2 * quarter) & 3) << 4);
    }
    out->scales[0] = d * (float)scales[0];
    out->scales[1] = d * (float)scales[1];
    out->offset = 32;
}

void ck_read_group(ck_tensor_type type, const void *row, size_t index, ck_group *out) {
    size_t groups = ck_block_weights(type) / 32, group = index % groups;
    const uint8_t *block = (const uint8_t *)row + index / groups * ck_block_bytes(type);
    memset(out, 0, sizeof *out);
    switch (type) {
        case CK_TENSOR_Q4_0:
            set_half_scale(out, half_at(block));
            read_halves(block + 2, out->u);
            out->offset = 8;
            return;
        case CK_TENSOR_Q4_1:
            set_half_scale(out, half_at(block));
            set_half_minimum(out, half_at(block + 2));
            read_halves(block + 4, out->u);
            return;
        case CK_TENSOR_Q5_0:
            set_half_scale(out, half_at(block));
            read_halves(block + 6, out->u);
            read_fifth_bits(word_at(block + 2), out->u);
            out->offset = 16;
            return;
        case CK_TENSOR_Q5_1:
            set_half_scale(out, half_at(block));
            set_half_minimum(out, half_at(block + 2));
            read_halves(block + 8, out->u);
            read_fifth_bits(word_at(block + 4), out->u);
            return;
        case CK_TENSOR_Q8_0:
            set_half_scale(out, half_at(block));
            for (int i = 0; i < 32; i++) out->u[i] = (uint8_t)(block[2 + i] ^ 0x80);
            out->offset = 128;
            return;
        case CK_TENSOR_Q4_K:
            read_k_scales(block, group, out);
            read_k_values(block + 16, group, out->u);
            return;
        case CK_TENSOR_Q5_K:
            read_k_scales(block, group, out);
            read_k_values(block + 48, group, out->u);
            for (int i = 0; i < 32; i++) out->u[i] |= (uint8_t)((block[16 + i] >> group & 1) << 4);
            return;
        case CK_TENSOR_Q6_K:
            read_q6_k(block, group, out);
            return;
        case CK_TENSOR_F32: case CK_TENSOR_F16: case CK_TENSOR_BF16:
            return;
    }
}

void ck_dequantize(ck_tensor_type type, const void *blocks, size_t count, float *out) {
    const uint8_t *bytes = blocks;
    switch (type) {
        case CK_TENSOR_F32:
            memcpy(out, blocks, count * 4);
            return;
        case CK_TENSOR_F16:
            for (size_t i = 0; i < count; i++) out[i] = half_to_float(half_at(bytes + 2 * i));
            return;
        case CK_TENSOR_BF16:
            for (size_t i = 0; i < count; i++) out[i] = float_of((uint32_t)half_at(bytes + 2 * i) << 16);
            return;
        default:
            for (size_t t = 0; t < count / 32; t++) {
                ck_group group;
                ck_read_group(type, blocks, t, &group);
                for (int i = 0; i < 32; i++) {
                    float weight = group.scales[i / 16] * (float)(group.u[i] - group.offset);
                    // No sum where the type has no minimum: -0 + 0 would be 0.
                    out[32 * t + (size_t)i] = group.has_minimum ? weight + group.minimum : weight;
                }
            }
    }
}
