#pragma once
#include <stddef.h>
#include <stdint.h>

// Operations on n numbers, each by itself. In and out may be the same memory.

typedef enum ck_activation {
    /// max(x, 0).
    CK_RELU,
    /// x / (1 + e^-x).
    CK_SILU,
    /// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): "gelu_new" (Hendrycks and Gimpel, 2016).
    CK_GELU_TANH,
    /// x / 2 (1 + erf(x / sqrt 2)).
    CK_GELU_EXACT,
} ck_activation;

typedef struct ck_elementwise_ops {
    /// y = f(x).
    void (*_Nonnull activate)(ck_activation f, const float *_Nonnull x, size_t n, float *_Nonnull y);
    /// dx = f'(x) dy.
    void (*_Nonnull activate_backward)(
        ck_activation f, const float *_Nonnull x, const float *_Nonnull dy, size_t n, float *_Nonnull dx);
    /// y = f(gate) up (Shazeer, 2020).
    void (*_Nonnull gate)(ck_activation f, const float *_Nonnull gate, const float *_Nonnull up, size_t n, float *_Nonnull y);
    /// The gradients of gate and up. Either may be dy, or its own input.
    void (*_Nonnull gate_backward)(
        ck_activation f, const float *_Nonnull gate, const float *_Nonnull up, const float *_Nonnull dy, size_t n,
        float *_Nonnull d_gate, float *_Nonnull d_up);

    /// y = a + b.
    void (*_Nonnull add)(const float *_Nonnull a, const float *_Nonnull b, size_t n, float *_Nonnull y);
    /// y += factor x.
    void (*_Nonnull add_scaled)(const float *_Nonnull x, float factor, size_t n, float *_Nonnull y);
    /// y = factor x.
    void (*_Nonnull scale)(const float *_Nonnull x, float factor, size_t n, float *_Nonnull y);

    /// Elements first..<first + n of a stream (first a multiple of 64): y = x / (1 - rate) where an element's 16 random bits are at least
    /// rate 2^16, else 0. The mask is a function of seed, stream and element: the backward pass draws the same. Element 128 b + i has
    /// the lower half of word i of block b, element 128 b + 64 + i the upper half.
    void (*_Nonnull dropout)(
        const float *_Nonnull x, uint64_t first, size_t n, uint64_t seed, uint64_t stream, float rate, float *_Nonnull y);
    /// The random words 64 block to 64 (block + blocks): Philox4x32-10 (Salmon et al., SC 2011) with key `seed` and counter
    /// [16 b + l (64 bits), stream (64 bits)] for block b and lane l < 16; word w of that counter is word 64 b + 16 w + l.
    void (*_Nonnull random_words)(uint64_t seed, uint64_t stream, uint64_t block, size_t blocks, uint32_t *_Nonnull out);
} ck_elementwise_ops;
