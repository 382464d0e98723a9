#pragma once
#include <stddef.h>
#include <stdint.h>

// Operations that work on each row of a matrix by itself. Strides count elements from one row to the next and are at least `columns`.
// A row's result does not depend on its neighbours: callers cut matrices into blocks of rows as they like.
// In and out may be the same memory, row for row, unless an operation says otherwise. NaN and infinity in a row come out as such.

typedef struct ck_row_ops {
    /// y = x / sqrt(mean(x^2) + epsilon) * weight (Zhang and Sennrich, 2019; T5 and Llama without mean or bias).
    /// inverse, where not NULL, receives 1 / sqrt(..) of each row, for the backward pass.
    void (*_Nonnull rms_norm)(
        const float *_Nonnull x, size_t x_stride, const float *_Nonnull weight, float epsilon, size_t rows, size_t columns,
        float *_Nonnull y, size_t y_stride, float *_Nullable inverse);
    /// dx (+)= the gradient of x, and d_weight[columns] += that of the weight, for these rows. dx may be dy, not x.
    void (*_Nonnull rms_norm_backward)(
        const float *_Nonnull x, size_t x_stride, const float *_Nonnull weight, const float *_Nonnull inverse, const float *_Nonnull dy,
        size_t dy_stride, size_t rows, size_t columns, float *_Nonnull dx, size_t dx_stride, int accumulate, float *_Nonnull d_weight);

    /// y = softmax(x), or its logarithm.
    void (*_Nonnull softmax)(
        const float *_Nonnull x, size_t x_stride, size_t rows, size_t columns, float *_Nonnull y, size_t y_stride, int logarithm);
    /// dx from y, the result of softmax, and dy.
    void (*_Nonnull softmax_backward)(
        const float *_Nonnull y, size_t y_stride, const float *_Nonnull dy, size_t dy_stride, size_t rows, size_t columns,
        float *_Nonnull dx, size_t dx_stride, int logarithm);

    /// loss[r] = log(sum(exp(x))) - x[target], and log_sum[r] the first of the two. A negative target is a place that does not count:
    /// its loss is 0. Other targets are below `columns`.
    void (*_Nonnull cross_entropy)(
        const float *_Nonnull x, size_t x_stride, size_t rows, size_t columns, const int32_t *_Nonnull targets, float *_Nonnull loss,
        float *_Nonnull log_sum);
    /// dx = (softmax(x) - one_hot(target)) * scale; zeros for a negative target.
    void (*_Nonnull cross_entropy_backward)(
        const float *_Nonnull x, size_t x_stride, size_t rows, size_t columns, const int32_t *_Nonnull targets,
        const float *_Nonnull log_sum, float scale, float *_Nonnull dx, size_t dx_stride);

    /// The place of the largest number, of equals the first; `columns` where no number is above minus infinity. NaN is passed over.
    size_t (*_Nonnull largest)(const float *_Nonnull x, size_t columns);

    /// out[j] = x . row ids[j] of the weights, of `columns` numbers each.
    void (*_Nonnull dots)(
        const float *_Nonnull x, size_t columns, const float *_Nonnull weights, size_t stride, const int32_t *_Nonnull ids, size_t count,
        float *_Nonnull out);

    /// Rotates pairs of the first 2 * pairs numbers of each head of one token by its angles, in place (Su et al., 2021): (i, i + pairs),
    /// or (2i, 2i + 1) when interleaved. sine of the negated angles turns back, which is the backward pass too.
    void (*_Nonnull rotate)(
        float *_Nonnull x, size_t head_stride, size_t heads, size_t pairs, const float *_Nonnull cosine, const float *_Nonnull sine,
        int interleaved, int inverse);
} ck_row_ops;
