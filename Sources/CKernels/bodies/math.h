#pragma once
// Elementary functions of the kernel bodies, on whatever vector the set has. NaN in gives NaN out; the errors are relative.

/// e^x within 2 units in the last place; below -104 exactly 0, above 88.73 infinity.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, then a polynomial of degree 6 in r (coefficients of expf in the Cephes library) and 2^n.
static inline vf v_exp(vf x) {
    x = v_min(v_set1(88.8f), v_max(v_set1(-104.0f), x));
    vf n = v_round(v_mul(x, v_set1(1.44269504088896341f)));
    // ln 2 in two parts: the first has few bits, so that n times it is exact.
    vf r = v_fnma(n, v_set1(0.693359375f), x);
    r = v_fnma(n, v_set1(-2.12194440e-4f), r);
    vf p = v_set1(1.9875691500e-4f);
    p = v_fma(p, r, v_set1(1.3981999507e-3f));
    p = v_fma(p, r, v_set1(8.3334519073e-3f));
    p = v_fma(p, r, v_set1(4.1665795894e-2f));
    p = v_fma(p, r, v_set1(1.6666665459e-1f));
    p = v_fma(p, r, v_set1(5.0000001201e-1f));
    vf y = v_add(v_fma(v_mul(r, r), p, r), v_set1(1.0f));
    return v_scale2(y, n);
}

/// tanh x, absolute error below 2e-7: 1 - 2 / (e^2x + 1).
static inline vf v_tanh(vf x) {
    vf one = v_set1(1.0f);
    return v_sub(one, v_div(v_set1(2.0f), v_add(v_exp(v_add(x, x)), one)));
}

/// 1 / (1 + e^-x).
static inline vf v_sigmoid(vf x) {
    vf one = v_set1(1.0f);
    return v_div(one, v_add(one, v_exp(v_sub(v_zero(), x))));
}

/// erf x, absolute error below 3e-7: Abramowitz and Stegun (1964), formula 7.1.26, for |x| and then its sign.
static inline vf v_erf(vf x) {
    const vf one = v_set1(1.0f);
    vf size = v_abs(x);
    vf t = v_div(one, v_fma(v_set1(0.3275911f), size, one));
    vf p = v_set1(1.061405429f);
    p = v_fma(p, t, v_set1(-1.453152027f));
    p = v_fma(p, t, v_set1(1.421413741f));
    p = v_fma(p, t, v_set1(-0.284496736f));
    p = v_fma(p, t, v_set1(0.254829592f));
    vf y = v_fnma(v_mul(p, t), v_exp(v_sub(v_zero(), v_mul(x, x))), one);
    return v_copysign(y, x);
}
