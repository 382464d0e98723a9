#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

// The guard in front of protobuf-c: a pre-scan of the bytes and an arena with a byte cap. protobuf-c 1.4.1 recurses without a limit,
// merges repeated singular sub-messages in quadratic time, checks neither UTF-8 nor the wire type of a bool, and its scratch memory
// is tens of times the size of the input. The rules are those of Protos/PROTOCOL.md, section 2.1.

/// The deepest nesting that `rd_limits.max_depth` may ask for, and the most fields that a message may declare (the schema lint of
/// Protos/generator refuses more): both size arrays on the pre-scan's stack.
enum { RD_MAX_DEPTH = 16, RD_MAX_FIELDS = 128 };

/// What a frame may cost. `max_depth` counts the outermost message as 1 and is at most RD_MAX_DEPTH.
typedef struct rd_limits {
    size_t max_depth;
    size_t max_field_count;
    size_t max_arena_bytes;
} rd_limits;

/// The rule that a frame breaks.
typedef enum rd_rule {
    RD_NONE,
    RD_TRUNCATED,    // a value or a length runs past the end of its message
    RD_VARINT,       // a tag or a length of more than 5 bytes or 32 bits, another varint of more than 10 bytes
    RD_FIELD_NUMBER, // field number 0
    RD_WIRE_TYPE,    // a group, a wire type that does not exist, or not the one of the declared type
    RD_PACKED,       // a packed field that does not hold a whole number of elements, or a packed bool that is not 0 or 1
    RD_DUPLICATE,    // a field that is not repeated comes twice
    RD_ONEOF,        // two members of a oneof
    RD_UTF8,         // a string that is not UTF-8
    RD_NUL,          // a string with a NUL
    RD_DEPTH,        // nested deeper than max_depth
    RD_FIELD_COUNT,  // more fields and packed elements than max_field_count
    RD_ARENA,        // the unpacked message needs more than max_arena_bytes
    RD_UNPACK,       // protobuf-c refused what the pre-scan let through
} rd_rule;

/// Where a frame breaks a rule. `message` is the innermost message there, `field` its field where that is known.
typedef struct rd_finding {
    rd_rule rule;
    size_t offset; // in bytes, from the start of the frame
    const ProtobufCMessageDescriptor *_Nullable message;
    const ProtobufCFieldDescriptor *_Nullable field;
} rd_finding;

/// Holds `bytes` against the rules: one pass, no recursion, no heap, in time linear in `count`. Returns what it also puts into
/// `finding->rule`; RD_NONE where the bytes may go to protobuf-c.
rd_rule rd_prescan(
    const ProtobufCMessageDescriptor *_Nonnull type, const uint8_t *_Nullable bytes, size_t count, const rd_limits *_Nonnull limits,
    rd_finding *_Nonnull finding);

/// Memory for the unpacking or the packing of one message at a time; each thread has its own.
typedef struct rd_arena rd_arena;

/// This thread's arena, empty; NULL while the thread is already between `rd_arena_enter` and `rd_arena_leave`.
/// `cap` is the number of bytes that may be allocated until then.
rd_arena *_Nullable rd_arena_enter(size_t cap);

/// Ends the use of the arena; what was allocated is gone. A block of modest size stays with the thread until the thread ends.
void rd_arena_leave(rd_arena *_Nonnull arena);

/// `size` bytes, aligned to 16, not zeroed; NULL past the cap or out of memory.
void *_Nullable rd_arena_allocate(rd_arena *_Nonnull arena, size_t size);

/// Pre-scan, then protobuf-c into the arena. NULL and `finding` where either refuses; the message lives until `rd_arena_leave`.
const ProtobufCMessage *_Nullable rd_unpack(
    rd_arena *_Nonnull arena, const ProtobufCMessageDescriptor *_Nonnull type, const uint8_t *_Nullable bytes, size_t count,
    const rd_limits *_Nonnull limits, rd_finding *_Nonnull finding);
