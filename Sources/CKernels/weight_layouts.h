#pragma once
// The formats of ck_quantized.h taken apart, as constants that the kernels are instantiated with.
#include "include/ckernels.h"

/// bits, value_bits, offset_shift, group, has_minimum, scale_bytes.
#define CK_LAYOUT(format) ((const ck_weight_layout[]){ \
    [CK_WEIGHTS_4_0] = {4, 4, 3, 32, 0, 2}, \
    [CK_WEIGHTS_4_1] = {4, 4, 0, 32, 1, 2}, \
    [CK_WEIGHTS_4_K] = {4, 4, 0, 32, 1, 4}, \
    [CK_WEIGHTS_5_0] = {8, 5, 4, 32, 0, 2}, \
    [CK_WEIGHTS_5_1] = {8, 5, 0, 32, 1, 2}, \
    [CK_WEIGHTS_5_K] = {8, 5, 0, 32, 1, 4}, \
    [CK_WEIGHTS_6_K] = {8, 6, 5, 16, 0, 4}, \
    [CK_WEIGHTS_8_0] = {8, 8, 7, 32, 0, 2}, \
}[format])

/// The bits of 2^-119: below it 127 / x is not finite.
#define CK_LEAST_PEAK_BITS ((uint32_t)(127 - 119) << 23)
