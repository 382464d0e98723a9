#include "csentencepiece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

// Declared in a header of the library that Debian does not ship.
namespace sentencepiece {
namespace logging {
void SetMinLogLevel(int level);
}
} // namespace sentencepiece

struct csp_model {
    sentencepiece::SentencePieceProcessor processor;
};

namespace {

int fail(const char *message, char *error, size_t capacity) {
    if (capacity > 0) {
        size_t length = std::min(std::strlen(message), capacity - 1);
        std::memcpy(error, message, length);
        error[length] = 0;
    }
    return 1;
}

// Runs what returns one of the library's statuses. What goes wrong is in the status; the library's own words on the standard error
// output are for nobody here, and it begins each training with some.
template <class Body> int guarded(char *error, size_t capacity, Body &&body) {
    static const bool quiet = (sentencepiece::logging::SetMinLogLevel(3), true);
    (void)quiet;
    try {
        sentencepiece::util::Status status = body();
        return status.ok() ? 0 : fail(status.ToString().c_str(), error, capacity);
    } catch (const std::exception &exception) {
        return fail(exception.what(), error, capacity);
    } catch (...) {
        return fail("an exception of no known kind", error, capacity);
    }
}

class Lines final : public sentencepiece::SentenceIterator {
public:
    Lines(const char *text, const size_t *ends, size_t count) : text(text), ends(ends), count(count) { read(); }
    bool done() const override { return line >= count; }
    void Next() override {
        line++;
        read();
    }
    const std::string &value() const override { return current; }
    sentencepiece::util::Status status() const override { return sentencepiece::util::Status(); }

private:
    void read() {
        if (line >= count) return;
        size_t begin = line == 0 ? 0 : ends[line - 1];
        current.assign(text + begin, ends[line] - begin);
    }

    const char *text;
    const size_t *ends;
    size_t count;
    size_t line = 0;
    std::string current;
};

} // namespace

int csp_load(const void *bytes, size_t n, csp_model **out, char *error, size_t capacity) {
    *out = nullptr;
    return guarded(error, capacity, [&] {
        auto model = std::make_unique<csp_model>();
        auto status = model->processor.LoadFromSerializedProto(absl::string_view(static_cast<const char *>(bytes), n));
        if (status.ok()) *out = model.release();
        return status;
    });
}

void csp_free(csp_model *model) { delete model; }

size_t csp_count(const csp_model *model) { return static_cast<size_t>(model->processor.GetPieceSize()); }

const char *csp_piece(const csp_model *model, int32_t id, size_t *length) {
    const std::string &piece = model->processor.IdToPiece(id);
    *length = piece.size();
    return piece.data();
}

float csp_score(const csp_model *model, int32_t id) { return model->processor.GetScore(id); }

csp_kind csp_piece_kind(const csp_model *model, int32_t id) {
    if (model->processor.IsUnknown(id)) return CSP_UNKNOWN;
    if (model->processor.IsControl(id)) return CSP_CONTROL;
    if (model->processor.IsUnused(id)) return CSP_UNUSED;
    return model->processor.IsByte(id) ? CSP_BYTE : CSP_NORMAL;
}

int csp_encode(
    const csp_model *model, const char *text, size_t n, void (*sink)(void *, const int32_t *, size_t), void *context, char *error,
    size_t capacity) {
    return guarded(error, capacity, [&] {
        std::vector<int> ids;
        auto status = model->processor.Encode(absl::string_view(text, n), &ids);
        static_assert(sizeof(int) == sizeof(int32_t), "ids are ints there and int32_t here");
        if (status.ok()) sink(context, ids.data(), ids.size());
        return status;
    });
}

int csp_encode_pieces(
    const csp_model *model, const char *text, size_t n, void (*sink)(void *, int32_t, const char *, size_t), void *context, char *error,
    size_t capacity) {
    return guarded(error, capacity, [&] {
        auto encoded = model->processor.EncodeAsImmutableProto(absl::string_view(text, n));
        for (size_t index = 0; index < encoded.pieces_size(); index++) {
            auto piece = encoded.pieces(static_cast<int>(index));
            sink(context, static_cast<int32_t>(piece.id()), piece.piece().data(), piece.piece().size());
        }
        return sentencepiece::util::Status();
    });
}

int csp_decode(
    const csp_model *model, const int32_t *ids, size_t count, void (*sink)(void *, const char *, size_t), void *context, char *error,
    size_t capacity) {
    return guarded(error, capacity, [&] {
        std::string text;
        auto status = model->processor.Decode(std::vector<int>(ids, ids + count), &text);
        if (status.ok()) sink(context, text.data(), text.size());
        return status;
    });
}

int csp_train(
    const char *options, const char *text, const size_t *ends, size_t lines, void (*sink)(void *, const void *, size_t), void *context,
    char *error, size_t capacity) {
    return guarded(error, capacity, [&] {
        Lines iterator(text, ends, lines);
        std::string model;
        auto status = sentencepiece::SentencePieceTrainer::Train(options, &iterator, &model);
        if (status.ok()) sink(context, model.data(), model.size());
        return status;
    });
}
