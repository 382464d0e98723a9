#pragma once
// Rotary embedding, and the table of the row operations.

static void rotate(
    float *x, size_t head_stride, size_t heads, size_t pairs, const float *cosine, const float *sine, int interleaved, int inverse
) {
    const vf sign = v_set1(inverse ? -1.0f : 1.0f);
    for (size_t h = 0; h < heads; h++, x += head_stride) {
        if (interleaved) {
            for (size_t i = 0; i < pairs; i++) {
                const float s = inverse ? -sine[i] : sine[i], a = x[2 * i], b = x[2 * i + 1];
                x[2 * i] = a * cosine[i] - b * s;
                x[2 * i + 1] = b * cosine[i] + a * s;
            }
            continue;
        }
        for (size_t i = 0; i < pairs; i += V_LANES) {
            const size_t n = pairs - i < V_LANES ? pairs - i : V_LANES;
            vf c = v_load_n(cosine + i, n), s = v_mul(sign, v_load_n(sine + i, n));
            vf a = v_load_n(x + i, n), b = v_load_n(x + pairs + i, n);
            v_store_n(x + i, v_fnma(b, s, v_mul(a, c)), n);
            v_store_n(x + pairs + i, v_fma(a, s, v_mul(b, c)), n);
        }
    }
}

const ck_row_ops CK_SET(ck_rows) = {
    .dots = dots,
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .cross_entropy = cross_entropy,
    .cross_entropy_backward = cross_entropy_backward,
    .largest = largest,
    .rotate = rotate,
};
