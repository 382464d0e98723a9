#pragma once
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011), V_LANES counters at a time; and dropout by it.

/// Ten rounds on the even lanes; what the odd ones have does not matter, before and after. The low half of a product stays where it is,
/// so that nothing has to be put together between rounds.
static inline __attribute__((always_inline)) void philox_even(uint64_t seed, vi words[4]) {
    const vi factor0 = vi_set1((int32_t)0xD2511F53u), factor1 = vi_set1((int32_t)0xCD9E8D57u);
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const vi product0 = vi_mul_even(words[0], factor0), product1 = vi_mul_even(words[2], factor1);
        words[0] = vi_xor(vi_xor(vi_odd_to_even(product1), words[1]), vi_set1((int32_t)key0));
        words[1] = product1;
        words[2] = vi_xor(vi_xor(vi_odd_to_even(product0), words[3]), vi_set1((int32_t)key1));
        words[3] = product0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

/// The four words of the counters 16 block + lane .. 16 block + lane + V_LANES - 1.
static inline void philox(uint64_t seed, uint64_t stream, uint64_t block, uint32_t lane, vi words[4]) {
    static const uint32_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    // 16 counters a block: the low half does not carry within one.
    const vi count = vi_add(vi_set1((int32_t)(uint32_t)(block << 4)), vi_load(lanes + lane));
    const vi high = vi_set1((int32_t)(uint32_t)(block >> 28));
    const vi low_stream = vi_set1((int32_t)(uint32_t)stream), high_stream = vi_set1((int32_t)(uint32_t)(stream >> 32));
    vi even[4] = {count, high, low_stream, high_stream}, odd[4] = {vi_odd_to_even(count), high, low_stream, high_stream};
    philox_even(seed, even);
    philox_even(seed, odd);
    for (int w = 0; w < 4; w++) words[w] = vi_odd_even(vi_even_to_odd(odd[w]), even[w]);
}

/// The 64 words of a block, in the order of its elements.
static void random_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t *out) {
    for (uint32_t lane = 0; lane < 16; lane += V_LANES) {
        vi words[4];
        philox(seed, stream, block, lane, words);
        for (int w = 0; w < 4; w++) vi_store(out + 16 * w + lane, words[w]);
    }
}

static void random_words(uint64_t seed, uint64_t stream, uint64_t block, size_t blocks, uint32_t *out) {
    for (size_t b = 0; b < blocks; b++) random_block(seed, stream, block + b, out + 64 * b);
}

static void dropout(const float *x, uint64_t first, size_t n, uint64_t seed, uint64_t stream, float rate, float *y) {
    const vf kept = v_set1(1.0f / (1.0f - rate));
    // Half words at or above the threshold are kept; compared in the upper half of a lane.
    const vi threshold = vi_set1((int32_t)(ck_dropout_threshold(rate) << 16));
    uint32_t words[64];
    for (size_t at = 0; at < n; at += 64) {
        const uint64_t part = (first + at) / 64;
        // The second half of a block has the words of the first.
        if (at == 0 || part % 2 == 0) random_block(seed, stream, part / 2, words);
        const size_t count = n - at < 64 ? n - at : 64;
        for (size_t i = 0; i < count; i += V_LANES) {
            const size_t left = count - i < V_LANES ? count - i : V_LANES;
            vi word = vi_load(words + i);
            vm dropped = vi_gt_unsigned(threshold, part % 2 ? word : vi_shl(word, 16));
            v_store_n(y + at + i, v_select(dropped, v_zero(), v_mul(v_load_n(x + at + i, left), kept)), left);
        }
    }
}

const ck_elementwise_ops CK_SET(ck_elementwise) = {
    .activate = activate,
    .activate_backward = activate_backward,
    .gate = gate,
    .gate_backward = gate_backward,
    .add = add,
    .add_scaled = add_scaled,
    .scale = scale,
    .dropout = dropout,
    .random_words = random_words,
};
