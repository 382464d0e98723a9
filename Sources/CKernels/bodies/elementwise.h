#pragma once
// Activations, gates and sums, a vector at a time.

/// f(x), and f'(x) in *slope where it is wanted. f is a constant where this is instantiated.
static inline __attribute__((always_inline)) vf activation(const ck_activation f, vf x, vf *slope) {
    const vf one = v_set1(1.0f), half = v_set1(0.5f);
    switch (f) {
        case CK_RELU: {
            // NaN is not below zero, and passes.
            vm negative = v_lt(x, v_zero());
            if (slope) *slope = v_select(v_gt(x, v_zero()), one, v_mul(x, v_zero()));
            return v_select(negative, v_zero(), x);
        }
        case CK_SILU: {
            vf s = v_sigmoid(x), y = v_mul(x, s);
            if (slope) *slope = v_fma(v_sub(one, s), y, s);
            return y;
        }
        case CK_GELU_TANH: {
            const vf root = v_set1(0.79788456080286536f);
            vf square = v_mul(x, x);
            vf t = v_tanh(v_mul(v_mul(root, x), v_fma(v_set1(0.044715f), square, one)));
            vf cdf = v_fma(half, t, half);
            if (slope) {
                // Where the square is infinite and x is not, 1 - t^2 is zero: their product has to be zero and not NaN.
                vf bounded = v_min(v_set1(1e30f), square), inner = v_mul(root, v_fma(v_set1(3 * 0.044715f), bounded, one));
                *slope = v_fma(v_mul(v_mul(half, x), v_fnma(t, t, one)), inner, cdf);
            }
            return v_mul(x, cdf);
        }
        case CK_GELU_EXACT: {
            vf cdf = v_fma(half, v_erf(v_mul(x, v_set1(0.70710678118654752f))), half);
            if (slope) {
                vf density = v_mul(v_set1(0.39894228040143268f), v_exp(v_mul(v_set1(-0.5f), v_mul(x, x))));
                *slope = v_fma(x, density, cdf);
            }
            return v_mul(x, cdf);
        }
    }
}

/// `loop` with each activation as the constant that makes one of its instances.
#define EACH_ACTIVATION(f, loop, ...)                                   \
    switch (f) {                                                        \
        case CK_RELU: loop(CK_RELU, __VA_ARGS__); return;               \
        case CK_SILU: loop(CK_SILU, __VA_ARGS__); return;               \
        case CK_GELU_TANH: loop(CK_GELU_TANH, __VA_ARGS__); return;     \
        case CK_GELU_EXACT: loop(CK_GELU_EXACT, __VA_ARGS__); return;   \
    }

#define INLINE static inline __attribute__((always_inline))

/// How many numbers the vector at i has.
INLINE size_t lanes_left(size_t i, size_t n) { return n - i < V_LANES ? n - i : V_LANES; }

INLINE void activate_all(const ck_activation f, const float *x, size_t n, float *y) {
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        v_store_n(y + i, activation(f, v_load_n(x + i, left), NULL), left);
    }
}

INLINE void activate_backward_all(const ck_activation f, const float *x, const float *dy, size_t n, float *dx) {
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        vf slope;
        activation(f, v_load_n(x + i, left), &slope);
        v_store_n(dx + i, v_mul(slope, v_load_n(dy + i, left)), left);
    }
}

INLINE void gate_all(const ck_activation f, const float *g, const float *up, size_t n, float *y) {
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        v_store_n(y + i, v_mul(activation(f, v_load_n(g + i, left), NULL), v_load_n(up + i, left)), left);
    }
}

INLINE void gate_backward_all(
    const ck_activation f, const float *g, const float *up, const float *dy, size_t n, float *d_gate, float *d_up
) {
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        vf slope, value = activation(f, v_load_n(g + i, left), &slope);
        vf factor = v_load_n(up + i, left), gradient = v_load_n(dy + i, left);
        v_store_n(d_gate + i, v_mul(v_mul(slope, factor), gradient), left);
        v_store_n(d_up + i, v_mul(value, gradient), left);
    }
}

static void activate(ck_activation f, const float *x, size_t n, float *y) { EACH_ACTIVATION(f, activate_all, x, n, y) }

static void activate_backward(ck_activation f, const float *x, const float *dy, size_t n, float *dx) {
    EACH_ACTIVATION(f, activate_backward_all, x, dy, n, dx)
}

static void gate(ck_activation f, const float *g, const float *up, size_t n, float *y) { EACH_ACTIVATION(f, gate_all, g, up, n, y) }

static void gate_backward(ck_activation f, const float *g, const float *up, const float *dy, size_t n, float *d_gate, float *d_up) {
    EACH_ACTIVATION(f, gate_backward_all, g, up, dy, n, d_gate, d_up)
}

static void add(const float *a, const float *b, size_t n, float *y) {
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        v_store_n(y + i, v_add(v_load_n(a + i, left), v_load_n(b + i, left)), left);
    }
}

static void add_scaled(const float *x, float factor, size_t n, float *y) {
    const vf f = v_set1(factor);
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        v_store_n(y + i, v_fma(f, v_load_n(x + i, left), v_load_n(y + i, left)), left);
    }
}

static void scale(const float *x, float factor, size_t n, float *y) {
    const vf f = v_set1(factor);
    for (size_t i = 0; i < n; i += V_LANES) {
        const size_t left = lanes_left(i, n);
        v_store_n(y + i, v_mul(f, v_load_n(x + i, left)), left);
    }
}
