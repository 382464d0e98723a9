// The slow twin of bodies/rows.h and bodies/rotate.h: the definitions, summed in float64.
#include "../include/ckernels.h"

#include <math.h>
#include <stddef.h>

static void rms_norm(
    const float *x, size_t x_stride, const float *weight, float epsilon, size_t rows, size_t columns, float *y, size_t y_stride, float *inverse
) {
    for (size_t r = 0; r < rows; r++) {
        double squares = 0;
        for (size_t i = 0; i < columns; i++) squares += (double)x[r * x_stride + i] * x[r * x_stride + i];
        double factor = 1 / sqrt(squares / (double)columns + epsilon);
        if (inverse) inverse[r] = (float)factor;
        for (size_t i = 0; i < columns; i++) y[r * y_stride + i] = (float)(x[r * x_stride + i] * factor * weight[i]);
    }
}

static void rms_norm_backward(
    const float *x, size_t x_stride, const float *weight, const float *inverse, const float *dy, size_t dy_stride, size_t rows, size_t columns,
    float *dx, size_t dx_stride, int accumulate, float *d_weight
) {
    for (size_t r = 0; r < rows; r++, x += x_stride, dy += dy_stride, dx += dx_stride) {
        double dot = 0, s = inverse[r];
        for (size_t i = 0; i < columns; i++) dot += (double)dy[i] * weight[i] * x[i];
        for (size_t i = 0; i < columns; i++) {
            double gradient = s * ((double)dy[i] * weight[i] - x[i] * s * s / (double)columns * dot);
            d_weight[i] += (float)((double)dy[i] * x[i] * s);
            dx[i] = (float)(accumulate ? dx[i] + gradient : gradient);
        }
    }
}

static double log_of_sum(const float *x, size_t columns) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < columns; i++) most = x[i] > most ? x[i] : most;
    if (isinf(most)) most = 0;
    for (size_t i = 0; i < columns; i++) sum += exp(x[i] - most);
    return most + log(sum);
}

static void softmax(const float *x, size_t x_stride, size_t rows, size_t columns, float *y, size_t y_stride, int logarithm) {
    for (size_t r = 0; r < rows; r++) {
        double total = log_of_sum(x + r * x_stride, columns);
        for (size_t i = 0; i < columns; i++) {
            double value = x[r * x_stride + i] - total;
            y[r * y_stride + i] = (float)(logarithm ? value : exp(value));
        }
    }
}

static void softmax_backward(
    const float *y, size_t y_stride, const float *dy, size_t dy_stride, size_t rows, size_t columns, float *dx, size_t dx_stride, int logarithm
) {
    for (size_t r = 0; r < rows; r++, y += y_stride, dy += dy_stride, dx += dx_stride) {
        double total = 0;
        for (size_t i = 0; i < columns; i++) total += logarithm ? dy[i] : (double)dy[i] * y[i];
        for (size_t i = 0; i < columns; i++) dx[i] = (float)(logarithm ? dy[i] - exp(y[i]) * total : y[i] * (dy[i] - total));
    }
}

static void cross_entropy(
    const float *x, size_t x_stride, size_t rows, size_t columns, const int32_t *targets, float *loss, float *log_sum
) {
    for (size_t r = 0; r < rows; r++) {
        double total = targets[r] < 0 ? 0 : log_of_sum(x + r * x_stride, columns);
        log_sum[r] = (float)total;
        loss[r] = targets[r] < 0 ? 0 : (float)(total - x[r * x_stride + (size_t)targets[r]]);
    }
}

static void cross_entropy_backward(
    const float *x, size_t x_stride, size_t rows, size_t columns, const int32_t *targets, const float *log_sum, float scale, float *dx,
    size_t dx_stride
) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < columns; i++) {
            double hot = targets[r] == (int64_t)i ? 1 : 0;
            dx[r * dx_stride + i] = targets[r] < 0 ? 0 : (float)((exp((double)x[r * x_stride + i] - log_sum[r]) - hot) * scale);
        }
    }
}

static void rotate(
    float *x, size_t head_stride, size_t heads, size_t pairs, const float *cosine, const float *sine, int interleaved, int inverse
) {
    for (size_t h = 0; h < heads; h++) {
        for (size_t i = 0; i < pairs; i++) {
            float *a = x + h * head_stride + (interleaved ? 2 * i : i), *b = a + (interleaved ? 1 : pairs);
            double s = inverse ? -sine[i] : sine[i], first = *a, second = *b;
            *a = (float)(first * cosine[i] - second * s);
            *b = (float)(second * cosine[i] + first * s);
        }
    }
}

static size_t largest(const float *x, size_t columns) {
    size_t place = columns;
    float most = -INFINITY;
    for (size_t i = 0; i < columns; i++) {
        if (x[i] > most) {
            most = x[i];
            place = i;
        }
    }
    return place;
}

static void dots(const float *x, size_t columns, const float *weights, size_t stride, const int32_t *ids, size_t count, float *out) {
    for (size_t j = 0; j < count; j++) {
        double sum = 0;
        for (size_t i = 0; i < columns; i++) sum += (double)x[i] * weights[(size_t)ids[j] * stride + i];
        out[j] = (float)sum;
    }
}

const ck_row_ops ck_rows_generic = {
    .dots = dots,
    .largest = largest,
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .cross_entropy = cross_entropy,
    .cross_entropy_backward = cross_entropy_backward,
    .rotate = rotate,
};
