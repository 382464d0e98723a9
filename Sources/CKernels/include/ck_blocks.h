#pragma once
#include <stddef.h>
#include <stdint.h>

// The storage types of GGUF tensors (ggml's ggml-common.h and ggml-quants.c describe the blocks), read one way for everybody: bit for
// bit what ggml's own dequantisers give.

/// Numbered as in the files.
typedef enum ck_tensor_type {
    CK_TENSOR_F32 = 0,
    CK_TENSOR_F16 = 1,
    CK_TENSOR_Q4_0 = 2,
    CK_TENSOR_Q4_1 = 3,
    CK_TENSOR_Q5_0 = 6,
    CK_TENSOR_Q5_1 = 7,
    CK_TENSOR_Q8_0 = 8,
    CK_TENSOR_Q4_K = 12,
    CK_TENSOR_Q5_K = 13,
    CK_TENSOR_Q6_K = 14,
    CK_TENSOR_BF16 = 30,
} ck_tensor_type;

/// Weights in a block of the type and its bytes; 0 for a type that is not listed.
size_t ck_block_weights(ck_tensor_type type);
size_t ck_block_bytes(ck_tensor_type type);

/// 32 neighbouring weights of a quantised type: w = scales[i / 16] * (u[i] - offset) + minimum.
typedef struct ck_group {
    uint8_t u[32];
    /// Of the first and the last 16 weights; equal but for Q6_K.
    float scales[2];
    float minimum;
    /// The scale and the minimum as the block stores them, where it stores them in half precision and for 32 weights.
    uint16_t half_scale, half_minimum;
    uint8_t offset;
    /// Whether the type has minima: a zero one is added too, which makes a -0 a +0.
    uint8_t has_minimum;
} ck_group;

/// Group number `index` of a row of blocks. The type is a quantised one.
void ck_read_group(ck_tensor_type type, const void *_Nonnull row, size_t index, ck_group *_Nonnull out);
/// count weights (a multiple of the type's block) as float32.
void ck_dequantize(ck_tensor_type type, const void *_Nonnull blocks, size_t count, float *_Nonnull out);
