#pragma once
// The vector words of the kernel bodies on AVX-512 (F, BW, DQ, VL): 16 floats. vector/avx2.h has the same words for 8.
// Included inside the target-attribute region of a file in sets/.

#define V_LANES 16

typedef __m512 vf;     // 16 floats
typedef __m512i vi;    // 16 integers of 32 bits
typedef __mmask16 vm;  // a truth value a lane

static inline vm v_first(size_t n) { return n >= V_LANES ? (vm)0xFFFF : (vm)((1u << n) - 1); }

static inline vf v_zero(void) { return _mm512_setzero_ps(); }
static inline vf v_set1(float x) { return _mm512_set1_ps(x); }
static inline vf v_load(const float *p) { return _mm512_loadu_ps(p); }
/// The first n floats (n at most V_LANES); the other lanes are 0 and their memory is not touched.
static inline vf v_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(v_first(n), p); }
static inline void v_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
static inline void v_store_n(float *p, vf x, size_t n) { _mm512_mask_storeu_ps(p, v_first(n), x); }

static inline vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
static inline vf v_sqrt(vf a) { return _mm512_sqrt_ps(a); }
/// |a|; the size of a with the sign of b.
static inline vf v_abs(vf a) { return _mm512_abs_ps(a); }
static inline vf v_copysign(vf a, vf b) {
    // The sign bit from b, all others from a.
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), _mm512_castps_si512(b), _mm512_castps_si512(a), 0xCA));
}
/// a * b + c, rounded once.
static inline vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
/// c - a * b, rounded once.
static inline vf v_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
/// The second operand where either is NaN: put the limit first and the data second, and NaN passes.
static inline vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf v_round(vf a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/// x * 2^n for an integral n, with overflow to infinity and gradual underflow.
static inline vf v_scale2(vf x, vf n) { return _mm512_scalef_ps(x, n); }
static inline float v_sum(vf a) { return _mm512_reduce_add_ps(a); }

static inline vm v_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline vm v_gt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
static inline vm v_equal(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline int v_any(vm m) { return m != 0; }
/// yes where the mask is set, no elsewhere.
static inline vf v_select(vm m, vf yes, vf no) { return _mm512_mask_blend_ps(m, no, yes); }

static inline vi vi_set1(int32_t x) { return _mm512_set1_epi32(x); }
static inline vi vi_load(const void *p) { return _mm512_loadu_si512(p); }
static inline void vi_store(void *p, vi x) { _mm512_storeu_si512(p, x); }
static inline vi vi_load_n(const void *p, size_t n) { return _mm512_maskz_loadu_epi32(v_first(n), p); }
static inline void vi_store_n(void *p, vi x, size_t n) { _mm512_mask_storeu_epi32(p, v_first(n), x); }
static inline vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
static inline vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
static inline vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
static inline vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
/// The products of the even lanes as 64-bit integers, unsigned.
static inline vi vi_mul_even(vi a, vi b) { return _mm512_mul_epu32(a, b); }
#define vi_shl(a, bits) _mm512_slli_epi32(a, bits)
#define vi_shr(a, bits) _mm512_srli_epi32(a, bits)
#define vi_shr64(a, bits) _mm512_srli_epi64(a, bits)
/// Of 64-bit integers at even and odd places the low halves, and the high halves, each in its place: shuffles, on the port that products
/// leave free.
static inline vi vi_low_halves(vi even, vi odd) { return _mm512_mask_shuffle_epi32(even, (vm)0xAAAA, odd, (_MM_PERM_ENUM)0xA0); }
static inline vi vi_high_halves(vi even, vi odd) { return _mm512_mask_shuffle_epi32(odd, (vm)0x5555, even, (_MM_PERM_ENUM)0xF5); }
static inline vi vi_max_unsigned(vi a, vi b) { return _mm512_max_epu32(a, b); }
/// Each quarter of the result has, of that quarter of the four vectors, the largest lanes.
static inline vi max_of_four(vi a, vi b, vi c, vi d) {
    __m512i x = _mm512_max_epu32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i y = _mm512_max_epu32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    return _mm512_max_epu32(_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y));
}
/// The larger of neighbouring quarters: those of a, then those of b.
static inline vi max_of_quarters(vi a, vi b) {
    return _mm512_max_epu32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
}
/// Lane i is the largest of the lanes of r[i].
static inline vi vi_lanes_max_unsigned(const vi r[V_LANES]) {
    vi lower = max_of_quarters(max_of_four(r[0], r[1], r[2], r[3]), max_of_four(r[4], r[5], r[6], r[7]));
    vi upper = max_of_quarters(max_of_four(r[8], r[9], r[10], r[11]), max_of_four(r[12], r[13], r[14], r[15]));
    return max_of_quarters(lower, upper);
}
static inline vm vi_gt_unsigned(vi a, vi b) { return _mm512_cmpgt_epu32_mask(a, b); }
static inline vi vi_select(vm m, vi yes, vi no) { return _mm512_mask_blend_epi32(m, no, yes); }

/// Bytes: |a|; a with the sign of b, where b = 0 may stay a; sums of two products of unsigned a and signed b, saturated to 16 bits.
static inline vi vi_abs8(vi a) { return _mm512_abs_epi8(a); }
static inline vi vi_sign8(vi a, vi b) { return _mm512_mask_sub_epi8(a, _mm512_movepi8_mask(b), _mm512_setzero_si512(), a); }
static inline vi vi_maddubs(vi a, vi b) { return _mm512_maddubs_epi16(a, b); }
/// 16 bits: sums; sums of two products in 32 bits.
static inline vi vi_add16(vi a, vi b) { return _mm512_add_epi16(a, b); }
static inline vi vi_madd16(vi a, vi b) { return _mm512_madd_epi16(a, b); }

static inline vi v_bits(vf a) { return _mm512_castps_si512(a); }
static inline vf vi_float_bits(vi a) { return _mm512_castsi512_ps(a); }
/// To the nearest integer, ties to even; what does not fit becomes INT32_MIN.
static inline vi v_to_int(vf a) { return _mm512_cvtps_epi32(a); }
static inline vf vi_to_float(vi a) { return _mm512_cvtepi32_ps(a); }
/// The integers of four vectors as bytes, in order; what does not fit is saturated.
static inline vi vi_pack_bytes(const vi q[4]) {
    __m512i bytes = _mm512_packs_epi16(_mm512_packs_epi32(q[0], q[1]), _mm512_packs_epi32(q[2], q[3]));
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), bytes);
}
/// Of blocks of 8 lanes: r[i] has the blocks i and, after it, i + 8; then r[s] has lane s of each block, in their order.
static inline void vi_transpose_blocks(vi r[8]) {
    __m512i a[8];
    for (int i = 0; i < 8; i += 4) {
        __m512i x = _mm512_unpacklo_epi32(r[i], r[i + 1]), y = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        __m512i z = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]), w = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
        a[i] = _mm512_unpacklo_epi64(x, z);
        a[i + 1] = _mm512_unpackhi_epi64(x, z);
        a[i + 2] = _mm512_unpacklo_epi64(y, w);
        a[i + 3] = _mm512_unpackhi_epi64(y, w);
    }
    const __m512i even = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), odd = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    for (int c = 0; c < 4; c++) {
        r[c] = _mm512_permutex2var_epi64(a[c], even, a[4 + c]);
        r[4 + c] = _mm512_permutex2var_epi64(a[c], odd, a[4 + c]);
    }
}
/// V_LANES half floats.
static inline vf v_load_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
static inline void v_store_f16(uint16_t *p, vf a) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

/// r[i] lane j becomes r[j] lane i.
static inline void v_transpose(vf r[V_LANES]) {
    __m512 a[16];
    for (int i = 0; i < 16; i += 4) {
        __m512 x = _mm512_unpacklo_ps(r[i], r[i + 1]), y = _mm512_unpackhi_ps(r[i], r[i + 1]);
        __m512 z = _mm512_unpacklo_ps(r[i + 2], r[i + 3]), w = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        a[i] = _mm512_shuffle_ps(x, z, 0x44);
        a[i + 1] = _mm512_shuffle_ps(x, z, 0xEE);
        a[i + 2] = _mm512_shuffle_ps(y, w, 0x44);
        a[i + 3] = _mm512_shuffle_ps(y, w, 0xEE);
    }
    // a[4 g + c] now holds, in its 128-bit quarter q, column 4 q + c of the rows 4 g to 4 g + 3.
    for (int c = 0; c < 4; c++) {
        __m512 lower = _mm512_shuffle_f32x4(a[c], a[4 + c], 0x88), upper = _mm512_shuffle_f32x4(a[8 + c], a[12 + c], 0x88);
        __m512 lower_odd = _mm512_shuffle_f32x4(a[c], a[4 + c], 0xDD), upper_odd = _mm512_shuffle_f32x4(a[8 + c], a[12 + c], 0xDD);
        r[c] = _mm512_shuffle_f32x4(lower, upper, 0x88);
        r[8 + c] = _mm512_shuffle_f32x4(lower, upper, 0xDD);
        r[4 + c] = _mm512_shuffle_f32x4(lower_odd, upper_odd, 0x88);
        r[12 + c] = _mm512_shuffle_f32x4(lower_odd, upper_odd, 0xDD);
    }
}
