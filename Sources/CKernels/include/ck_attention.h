#pragma once
#include <stddef.h>
#include <stdint.h>

// Attention of one sequence and head at a time: tiles of a ragged batch, which therefore never sees a padded score matrix. Scores are
// held for a block of query rows alone. A query's result depends on its own keys and nothing else, bit for bit; a slot that it may not
// see is never multiplied, so that not even a NaN there comes through.

enum {
    /// Positions in a page of keys and values.
    CK_PAGE = 32,
    /// Query rows whose scores are held at a time.
    CK_ATTENTION_ROWS = 24,
    /// The same where products run on tiles, which want more of them; a multiple of 32.
    CK_TILE_QUERIES = 64,
};

/// Queries of one sequence for one head of keys and values in pages: causal attention with grouped heads (Ainslie et al., 2023; paging
/// after Kwon et al., SOSP 2023). Row t * group + g is token t of query head g; tokens * group is at most CK_ATTENTION_ROWS.
typedef struct ck_paged_attention {
    /// Token t, head g: q + t * q_stride + g * head_stride, `width` numbers.
    const float *_Nonnull q;
    size_t q_stride, head_stride;
    size_t tokens, group, width;
    /// Position of the first token: token t sees the positions 0 ... first + t.
    size_t first;
    /// The head's part of page number 0: keys [width][CK_PAGE], values [CK_PAGE][width], each float32 or (half) float16; page p of the
    /// sequence is page_bytes * pages[p] further.
    const uint8_t *_Nonnull keys, *_Nonnull values;
    size_t page_bytes;
    const int32_t *_Nonnull pages;
    int half;
    float scale;
    /// NULL, or what is added to the score of query head g at distance d = key - query (0 or less): bias[g * bias_stride + d].
    const float *_Nullable bias;
    size_t bias_stride;
    /// As q.
    float *_Nonnull out;
    size_t out_stride, out_head_stride;
    /// ck_paged_scratch floats, the caller's alone.
    float *_Nonnull scratch;
} ck_paged_attention;

/// One query of one head over keys and values that lie anywhere among the rows of two matrices: a hypothesis of a beam search over those
/// of the tokens that led to it, of which others have some too.
typedef struct ck_listed_attention {
    const float *_Nonnull q;
    /// Row i of the keys is k + i * k_stride, of `width` numbers; values likewise.
    const float *_Nonnull k, *_Nonnull v;
    size_t k_stride, v_stride, width;
    /// The rows in the order of positions; the last one is the query's own.
    const int32_t *_Nonnull rows;
    size_t count;
    float scale;
    /// NULL, or what is added to the score at distance d = key - query (0 or less): bias[d].
    const float *_Nullable bias;
    float *_Nonnull out;
    /// `count` floats, the caller's alone.
    float *_Nonnull scratch;
} ck_listed_attention;

/// One sequence and head of ordinary matrices. Row i of queries is q + i * q_stride, of `width` numbers; keys and values likewise.
typedef struct ck_dense_attention {
    const float *_Nonnull q, *_Nonnull k, *_Nonnull v;
    size_t q_stride, k_stride, v_stride;
    size_t queries, keys, width;
    /// Query i sees the keys 0 ... i.
    int causal;
    float scale;
    /// NULL, or what is added to the score of query i and key j: bias[j - i].
    const float *_Nullable bias;
    /// Dropout of the probabilities; element i * ceil64(keys) + j after `first_element`, see ck_elementwise_ops.dropout.
    float dropout;
    uint64_t seed, stream, first_element;
    float *_Nonnull out;
    size_t out_stride;
    /// [queries]: the logarithm of the sum of the exponentials of a row's scores.
    float *_Nonnull log_sum;
    float *_Nonnull scratch;
} ck_dense_attention;

/// The gradients. Those of q, k and v are written; that of the bias is added to d_bias[j - i], where there is a bias.
typedef struct ck_dense_attention_gradients {
    const float *_Nonnull d_out;
    size_t d_out_stride;
    float *_Nonnull dq, *_Nonnull dk, *_Nonnull dv;
    size_t dq_stride, dk_stride, dv_stride;
    float *_Nullable d_bias;
} ck_dense_attention_gradients;

typedef struct ck_attention_ops {
    /// Puts keys and values of one head, rows k and v of `width` numbers, at the positions first ..< first + tokens of its pages.
    void (*_Nonnull append)(
        const float *_Nonnull k, size_t k_stride, const float *_Nonnull v, size_t v_stride, size_t tokens, size_t width, size_t first,
        uint8_t *_Nonnull keys, uint8_t *_Nonnull values, size_t page_bytes, const int32_t *_Nonnull pages, int half);
    /// width a multiple of 16.
    void (*_Nonnull paged)(const ck_paged_attention *_Nonnull a);
    /// Any width. Without rows the result is zeros.
    void (*_Nonnull listed)(const ck_listed_attention *_Nonnull a);
    /// Any width. Without keys the result is zeros.
    void (*_Nonnull dense)(const ck_dense_attention *_Nonnull a);
    /// a as in the forward pass, with its out and log_sum.
    void (*_Nonnull dense_backward)(const ck_dense_attention *_Nonnull a, const ck_dense_attention_gradients *_Nonnull g);
} ck_attention_ops;

/// `dense` and `dense_backward` with the inputs of their products rounded to bfloat16, sums, softmax and its gradient in float32. A causal
/// sequence with a number that is not finite in bfloat16 gets float32's results, since what a mask hides is multiplied here, by zero.
typedef struct ck_rounded_attention_ops {
    void (*_Nonnull forward)(const ck_dense_attention *_Nonnull a);
    void (*_Nonnull backward)(const ck_dense_attention *_Nonnull a, const ck_dense_attention_gradients *_Nonnull g);
} ck_rounded_attention_ops;

/// Floats of scratch memory for sequences of up to so many positions.
static inline size_t ck_paged_scratch(size_t positions) { return CK_ATTENTION_ROWS * ((positions + CK_PAGE - 1) / CK_PAGE * CK_PAGE); }
static inline size_t ck_dense_scratch(size_t keys, size_t width) {
    // Keys and values in blocks, scores and their gradients: of whole blocks for the tiles, half as many numbers packed as bfloat16.
    const size_t stride = (keys + CK_PAGE - 1) / CK_PAGE * CK_PAGE, whole_width = (width + 31) / 32 * 32;
    return stride * (2 * whole_width + 3 * CK_TILE_QUERIES) + 2 * CK_TILE_QUERIES * whole_width;
}
