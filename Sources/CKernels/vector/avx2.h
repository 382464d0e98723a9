#pragma once
// The vector words of the kernel bodies on AVX2 with FMA and F16C: 8 floats. vector/avx512.h has the same words for 16, and says
// what they mean. Included inside the target-attribute region of a file in sets/.

#define V_LANES 8

typedef __m256 vf;   // 8 floats
typedef __m256i vi;  // 8 integers of 32 bits
typedef __m256i vm;  // a truth value a lane: all bits of it or none

static inline vm v_first(size_t n) {
    __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n >= V_LANES ? V_LANES : (int)n), lanes);
}

static inline vf v_zero(void) { return _mm256_setzero_ps(); }
static inline vf v_set1(float x) { return _mm256_set1_ps(x); }
static inline vf v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline vf v_load_n(const float *p, size_t n) { return n >= V_LANES ? v_load(p) : _mm256_maskload_ps(p, v_first(n)); }
static inline void v_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
static inline void v_store_n(float *p, vf x, size_t n) {
    if (n >= V_LANES) v_store(p, x);
    else _mm256_maskstore_ps(p, v_first(n), x);
}

static inline vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
static inline vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
static inline vf v_sqrt(vf a) { return _mm256_sqrt_ps(a); }
static inline vf v_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline vf v_copysign(vf a, vf b) {
    return _mm256_blendv_ps(v_abs(a), _mm256_or_ps(a, _mm256_set1_ps(-0.0f)), b);
}
static inline vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf v_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
static inline vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline vf v_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline float v_sum(vf a) {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

static inline vm v_lt(vf a, vf b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
static inline vm v_gt(vf a, vf b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GT_OQ)); }
static inline vm v_equal(vf a, vf b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)); }
static inline int v_any(vm m) { return !_mm256_testz_si256(m, m); }
static inline vf v_select(vm m, vf yes, vf no) { return _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(m)); }

static inline vi vi_set1(int32_t x) { return _mm256_set1_epi32(x); }
static inline vi vi_load(const void *p) { return _mm256_loadu_si256(p); }
static inline void vi_store(void *p, vi x) { _mm256_storeu_si256(p, x); }
static inline vi vi_load_n(const void *p, size_t n) { return n >= V_LANES ? vi_load(p) : _mm256_maskload_epi32(p, v_first(n)); }
static inline void vi_store_n(void *p, vi x, size_t n) {
    if (n >= V_LANES) vi_store(p, x);
    else _mm256_maskstore_epi32(p, v_first(n), x);
}
static inline vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
static inline vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
static inline vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
static inline vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
static inline vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
static inline vi vi_mul_even(vi a, vi b) { return _mm256_mul_epu32(a, b); }
#define vi_shl(a, bits) _mm256_slli_epi32(a, bits)
#define vi_shr(a, bits) _mm256_srli_epi32(a, bits)
#define vi_shr64(a, bits) _mm256_srli_epi64(a, bits)
static inline vi vi_low_halves(vi even, vi odd) { return _mm256_blend_epi32(even, _mm256_shuffle_epi32(odd, 0xA0), 0xAA); }
static inline vi vi_high_halves(vi even, vi odd) { return _mm256_blend_epi32(_mm256_shuffle_epi32(even, 0xF5), odd, 0xAA); }
static inline vi vi_max_unsigned(vi a, vi b) { return _mm256_max_epu32(a, b); }
static inline vi max_of_four(vi a, vi b, vi c, vi d) {
    __m256i x = _mm256_max_epu32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    __m256i y = _mm256_max_epu32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    return _mm256_max_epu32(_mm256_unpacklo_epi64(x, y), _mm256_unpackhi_epi64(x, y));
}
static inline vi vi_lanes_max_unsigned(const vi r[V_LANES]) {
    vi lower = max_of_four(r[0], r[1], r[2], r[3]), upper = max_of_four(r[4], r[5], r[6], r[7]);
    return _mm256_max_epu32(_mm256_permute2x128_si256(lower, upper, 0x20), _mm256_permute2x128_si256(lower, upper, 0x31));
}
static inline vm vi_gt_unsigned(vi a, vi b) {
    __m256i top = _mm256_set1_epi32(INT32_MIN);
    return _mm256_cmpgt_epi32(_mm256_xor_si256(a, top), _mm256_xor_si256(b, top));
}
static inline vi vi_select(vm m, vi yes, vi no) { return _mm256_blendv_epi8(no, yes, m); }

static inline vi vi_abs8(vi a) { return _mm256_abs_epi8(a); }
static inline vi vi_sign8(vi a, vi b) { return _mm256_sign_epi8(a, b); }
static inline vi vi_maddubs(vi a, vi b) { return _mm256_maddubs_epi16(a, b); }
static inline vi vi_add16(vi a, vi b) { return _mm256_add_epi16(a, b); }
static inline vi vi_madd16(vi a, vi b) { return _mm256_madd_epi16(a, b); }

static inline vi v_bits(vf a) { return _mm256_castps_si256(a); }
static inline vf vi_float_bits(vi a) { return _mm256_castsi256_ps(a); }
static inline vi v_to_int(vf a) { return _mm256_cvtps_epi32(a); }
static inline vf vi_to_float(vi a) { return _mm256_cvtepi32_ps(a); }
/// In two steps, so that neither factor overflows and the second rounds an underflow once. |n| is at most 252.
static inline vf v_scale2(vf x, vf n) {
    vi whole = v_to_int(n), half = _mm256_srai_epi32(whole, 1), rest = vi_sub(whole, half);
    vi bias = vi_set1(127);
    x = v_mul(x, vi_float_bits(vi_shl(vi_add(half, bias), 23)));
    return v_mul(x, vi_float_bits(vi_shl(vi_add(rest, bias), 23)));
}
static inline vi vi_pack_bytes(const vi q[4]) {
    __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
static inline vf v_load_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
static inline void v_store_f16(uint16_t *p, vf a) {
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

static inline void v_transpose(vf r[V_LANES]) {
    __m256 a[8];
    for (int i = 0; i < 8; i += 4) {
        __m256 x = _mm256_unpacklo_ps(r[i], r[i + 1]), y = _mm256_unpackhi_ps(r[i], r[i + 1]);
        __m256 z = _mm256_unpacklo_ps(r[i + 2], r[i + 3]), w = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
        a[i] = _mm256_shuffle_ps(x, z, 0x44);
        a[i + 1] = _mm256_shuffle_ps(x, z, 0xEE);
        a[i + 2] = _mm256_shuffle_ps(y, w, 0x44);
        a[i + 3] = _mm256_shuffle_ps(y, w, 0xEE);
    }
    for (int c = 0; c < 4; c++) {
        r[c] = _mm256_permute2f128_ps(a[c], a[4 + c], 0x20);
        r[4 + c] = _mm256_permute2f128_ps(a[c], a[4 + c], 0x31);
    }
}

static inline void vi_transpose_blocks(vi r[8]) {
    vf words[8];
    for (int i = 0; i < 8; i++) words[i] = vi_float_bits(r[i]);
    v_transpose(words);
    for (int i = 0; i < 8; i++) r[i] = v_bits(words[i]);
}
