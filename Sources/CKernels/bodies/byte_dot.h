#pragma once
// Dot products of bytes: sums of four u * q into each 32-bit lane, u unsigned (the weights), q signed (the activations, -127 to 127).
//
// With VNNI that is one instruction, exact for any byte. Without it vpmaddubsw adds two products in 16 bits and saturates: exact for
// u up to 63 (2 * 63 * 127 < 2^15), and several may be added up before widening when u is smaller; for whole bytes u - 128 is taken
// as |u - 128| times q with its sign, which is exact as 2 * 128 * 127 < 2^15.

#define QUANTIZED_COLUMNS (CK_QUANTIZED_VECTORS * V_LANES)

/// Steps whose 16-bit sums fit: 2 * steps * (2^value_bits - 1) * 127 < 2^15.
#define STEPS_IN_16_BITS(value_bits) ((value_bits) == 4 ? 8 : (value_bits) == 5 ? 4 : (value_bits) == 6 ? 2 : 1)

/// The four bytes at q, in every lane.
static inline __attribute__((always_inline)) vi four_bytes(const int8_t *q) {
    int32_t word;
    memcpy(&word, q, sizeof word);
    return vi_set1(word);
}

/// Vector v of step s of a block of weights: of bytes, or of half bytes packed as ck_quantized.h says.
static inline __attribute__((always_inline)) vi weight_vector(const uint8_t *u, const int packed, const int s, const int v) {
    const int step = packed ? s % 4 : s;
    vi bytes = vi_load(u + (size_t)(step * CK_QUANTIZED_VECTORS + v) * V_LANES * 4);
    if (!packed) return bytes;
    return vi_and(s < 4 ? bytes : vi_shr(bytes, 4), vi_set1(0x0F0F0F0F));
}

// byte_dots: acc[r][v] += the dot products of vectors v of the steps first..<first + steps of a block of weights at u with the rows'
// activations of that block at q, h * 4 bytes a step. Everything but the pointers is a constant where it is used.
#ifdef CK_HARDWARE_VNNI
static inline __attribute__((always_inline)) void byte_dots(
    const int h, const int value_bits, const int packed, const int first, const int steps, const uint8_t *u, const int8_t *q,
    vi acc[CK_QUANTIZED_ROWS][CK_QUANTIZED_VECTORS]
) {
    (void)value_bits;
#pragma clang loop unroll(full)
    for (int s = first; s < first + steps; s++) {
        vi b[CK_QUANTIZED_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < CK_QUANTIZED_VECTORS; v++) b[v] = weight_vector(u, packed, s, v);
#pragma clang loop unroll(full)
        for (int r = 0; r < h; r++) {
            vi x = four_bytes(q + (s * h + r) * 4);
#pragma clang loop unroll(full)
            for (int v = 0; v < CK_QUANTIZED_VECTORS; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], b[v], x);
        }
    }
}
/// Whether the sum is already of u - 128 where u has 8 bits.
#define WHOLE_BYTES_ARE_SIGNED 0
#else
static inline __attribute__((always_inline)) void byte_dots(
    const int h, const int value_bits, const int packed, const int first, const int steps, const uint8_t *u, const int8_t *q,
    vi acc[CK_QUANTIZED_ROWS][CK_QUANTIZED_VECTORS]
) {
    const int together = STEPS_IN_16_BITS(value_bits) < steps ? STEPS_IN_16_BITS(value_bits) : steps;
    vi ones = vi_set1(0x00010001);
#pragma clang loop unroll(full)
    for (int v = 0; v < CK_QUANTIZED_VECTORS; v++) {
#pragma clang loop unroll(full)
        for (int from = first; from < first + steps; from += together) {
            vi pairs[CK_QUANTIZED_ROWS];
#pragma clang loop unroll(full)
            for (int s = from; s < from + together; s++) {
                vi b = weight_vector(u, packed, s, v);
                if (value_bits == 8) b = vi_xor(b, vi_set1((int32_t)0x80808080));
                vi magnitude = value_bits == 8 ? vi_abs8(b) : b;
#pragma clang loop unroll(full)
                for (int r = 0; r < h; r++) {
                    vi x = four_bytes(q + (s * h + r) * 4);
                    if (value_bits == 8) x = vi_sign8(x, b);
                    vi products = vi_maddubs(magnitude, x);
                    pairs[r] = s == from ? products : vi_add16(pairs[r], products);
                }
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < h; r++) acc[r][v] = vi_add(acc[r][v], vi_madd16(pairs[r], ones));
        }
    }
}
#define WHOLE_BYTES_ARE_SIGNED 1
#endif
