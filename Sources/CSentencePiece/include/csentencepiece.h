#pragma once
#include <stddef.h>
#include <stdint.h>

// libsentencepiece's C++ classes behind C functions: Swift reads C headers, and no exception may leave them. Functions that can fail
// return 0, or 1 with a text of at most `capacity` bytes, NUL included, in `error`.

#ifdef __cplusplus
extern "C" {
#endif

/// A vocabulary that was read. Functions that take it as const may run on many threads at once.
typedef struct csp_model csp_model;

/// What a piece is for.
typedef enum csp_kind { CSP_NORMAL, CSP_UNKNOWN, CSP_CONTROL, CSP_UNUSED, CSP_BYTE } csp_kind;

/// Reads a model of n bytes, whose offsets have been checked: the library does not.
int csp_load(
    const void *_Nonnull bytes, size_t n, csp_model *_Nullable *_Nonnull out, char *_Nonnull error, size_t capacity);
void csp_free(csp_model *_Nullable model);

size_t csp_count(const csp_model *_Nonnull model);
/// The text of piece `id`, which is below the count, as long as the model lives.
const char *_Nonnull csp_piece(const csp_model *_Nonnull model, int32_t id, size_t *_Nonnull length);
float csp_score(const csp_model *_Nonnull model, int32_t id);
csp_kind csp_piece_kind(const csp_model *_Nonnull model, int32_t id);

/// Calls the sink once with the ids of a text, which is UTF-8.
int csp_encode(
    const csp_model *_Nonnull model, const char *_Nonnull text, size_t n,
    void (*_Nonnull sink)(void *_Nonnull context, const int32_t *_Nullable ids, size_t count), void *_Nonnull context,
    char *_Nonnull error, size_t capacity);

/// Calls the sink for each piece of a text: an unknown run is one piece, with the text that it stands for.
int csp_encode_pieces(
    const csp_model *_Nonnull model, const char *_Nonnull text, size_t n,
    void (*_Nonnull sink)(void *_Nonnull context, int32_t id, const char *_Nullable piece, size_t length), void *_Nonnull context,
    char *_Nonnull error, size_t capacity);

/// Calls the sink once with the text of ids, which are below the count.
int csp_decode(
    const csp_model *_Nonnull model, const int32_t *_Nullable ids, size_t count,
    void (*_Nonnull sink)(void *_Nonnull context, const char *_Nullable text, size_t length), void *_Nonnull context,
    char *_Nonnull error, size_t capacity);

/// Makes a vocabulary for lines of text, line i being text[ends[i - 1]] up to text[ends[i]], and calls the sink once with its bytes.
///
/// `options` are those of `spm_train`, such as "--vocab_size=800".
int csp_train(
    const char *_Nonnull options, const char *_Nonnull text, const size_t *_Nonnull ends, size_t lines,
    void (*_Nonnull sink)(void *_Nonnull context, const void *_Nullable bytes, size_t n), void *_Nonnull context, char *_Nonnull error,
    size_t capacity);

#ifdef __cplusplus
}
#endif
