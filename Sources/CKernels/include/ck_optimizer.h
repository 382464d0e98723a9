#pragma once
#include <stddef.h>

/// The numbers of one AdamW step, the same for all parameters (Loshchilov and Hutter, 2019, in the form of torch.optim.AdamW).
typedef struct ck_adamw {
    /// What the gradient is multiplied by first: the factor of clipping, the reciprocal of accumulated batches.
    float gradient_scale;
    /// 1 - learning rate * weight decay.
    float decay;
    /// Each rounded by itself from float64.
    float one_minus_beta1, beta2, one_minus_beta2, epsilon;
    /// learning rate / (1 - beta1^step).
    float step_size;
    /// 1 / sqrt(1 - beta2^step).
    float inverse_root_correction;
} ck_adamw;

typedef struct ck_optimizer_ops {
    /// p, m and v after one step with gradient g.
    void (*_Nonnull adamw)(
        const ck_adamw *_Nonnull step, size_t n, const float *_Nonnull g, float *_Nonnull p, float *_Nonnull m, float *_Nonnull v);
    /// The sum of squares, in float32 over 4,096 numbers (in float64 where that overflows) and in float64 over these sums.
    double (*_Nonnull sum_of_squares)(const float *_Nonnull x, size_t n);
} ck_optimizer_ops;
