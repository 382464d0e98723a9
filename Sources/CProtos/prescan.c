#include "rd_wire.h"
#include "utf8.h"
#include <stdbool.h>

// One frame of the explicit stack: a message that is being read. `seen` has a bit for each declared field that is not repeated; the
// bit of a oneof is that of its first member in the descriptor.
typedef struct frame {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *end;
    uint64_t seen[RD_MAX_FIELDS / 64];
} frame;

// The index of field `number` in the descriptor, -1 where it is unknown. protobuf-c keeps the numbers as sorted ranges, mostly one.
static int field_index(const ProtobufCMessageDescriptor *type, uint32_t number) {
    const ProtobufCIntRange *ranges = type->field_ranges;
    unsigned low = 0, high = type->n_field_ranges;
    if (high == 1 && ranges[0].start_value == 1) return number <= type->n_fields ? (int)number - 1 : -1;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        uint32_t start = (uint32_t)ranges[middle].start_value;
        if (number < start) {
            high = middle;
        } else if (number - start < ranges[middle + 1].orig_index - ranges[middle].orig_index) {
            return (int)(ranges[middle].orig_index + (number - start));
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

// The bit that stands for `index` in `seen`.
static unsigned presence_bit(const ProtobufCMessageDescriptor *type, unsigned index) {
    const ProtobufCFieldDescriptor *field = &type->fields[index];
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)) return index;
    for (unsigned i = 0; i < index; i++) {
        const ProtobufCFieldDescriptor *other = &type->fields[i];
        if ((other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && other->quantifier_offset == field->quantifier_offset) return i;
    }
    return index;
}

// The wire type of each of protobuf-c's types.
static const uint8_t wire_types[] = {
    [PROTOBUF_C_TYPE_FLOAT] = PROTOBUF_C_WIRE_TYPE_32BIT,
    [PROTOBUF_C_TYPE_FIXED32] = PROTOBUF_C_WIRE_TYPE_32BIT,
    [PROTOBUF_C_TYPE_SFIXED32] = PROTOBUF_C_WIRE_TYPE_32BIT,
    [PROTOBUF_C_TYPE_DOUBLE] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_FIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_SFIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_STRING] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_BYTES] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_MESSAGE] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_BOOL] = PROTOBUF_C_WIRE_TYPE_VARINT, // and every other
};

// A tag or a length: at most 5 bytes and 32 bits. Moves *at behind it.
static rd_rule read_varint32(const uint8_t **at, const uint8_t *end, uint32_t *value) {
    const uint8_t *p = *at;
    if (p < end && *p < 0x80) { // nearly all of them
        *value = *p;
        *at = p + 1;
        return RD_NONE;
    }
    uint32_t result = 0;
    for (unsigned i = 0; i < 5; i++) {
        if (p + i >= end) return RD_TRUNCATED;
        uint8_t byte = p[i];
        if (i == 4 && byte > 0x0f) return RD_VARINT;
        result |= (uint32_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = result;
            *at = p + i + 1;
            return RD_NONE;
        }
    }
    return RD_VARINT;
}

// A value: at most 10 bytes. Moves *at behind it.
static rd_rule skip_varint(const uint8_t **at, const uint8_t *end) {
    for (const uint8_t *p = *at, *last = end - p > 10 ? p + 10 : end; p < last; p++) {
        if (*p < 0x80) {
            *at = p + 1;
            return RD_NONE;
        }
    }
    return end - *at >= 10 ? RD_VARINT : RD_TRUNCATED;
}

// The elements of a packed field, all of [*at, end). On failure *at is the element.
static rd_rule count_packed(const uint8_t **at, const uint8_t *end, ProtobufCType type, size_t *elements) {
    size_t length = (size_t)(end - *at), count = 0;
    switch (wire_types[type]) {
    case PROTOBUF_C_WIRE_TYPE_32BIT:
    case PROTOBUF_C_WIRE_TYPE_64BIT: {
        size_t width = wire_types[type] == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;
        if (length % width) return RD_PACKED;
        count = length / width;
        *at = end;
        break;
    }
    default:
        while (*at < end) {
            // protobuf-c takes a packed bool for one byte; every encoder writes it so.
            if (type == PROTOBUF_C_TYPE_BOOL && **at > 1) return RD_PACKED;
            rd_rule broken = skip_varint(at, end);
            if (broken) return broken == RD_TRUNCATED ? RD_PACKED : broken;
            count++;
        }
    }
    *elements += count;
    return RD_NONE;
}

rd_rule rd_prescan(
    const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t count, const rd_limits *limits, rd_finding *finding) {
    frame stack[RD_MAX_DEPTH];
    const size_t max_depth = limits->max_depth < RD_MAX_DEPTH ? limits->max_depth : RD_MAX_DEPTH;
    if (!bytes) bytes = (const uint8_t *)""; // no bytes at all: no arithmetic on NULL
    const uint8_t *at = bytes, *begin = at; // `begin` is where the finding is
    const ProtobufCFieldDescriptor *field = NULL;
    rd_rule rule;
    size_t fields = 0, depth = 0;
    stack[0] = (frame){type, bytes + count, {0}};
    if (max_depth == 0) {
        rule = RD_DEPTH;
        goto broken;
    }
    for (;;) {
        frame *top = &stack[depth];
        if (at == top->end) {
            if (depth == 0) break;
            depth--;
            continue;
        }
        uint32_t tag, length;
        begin = at;
        field = NULL;
        if (++fields > limits->max_field_count) {
            rule = RD_FIELD_COUNT;
            goto broken;
        }
        if ((rule = read_varint32(&at, top->end, &tag))) goto broken;
        if (tag >> 3 == 0) {
            rule = RD_FIELD_NUMBER;
            goto broken;
        }
        int index = field_index(top->type, tag >> 3);
        if (index >= RD_MAX_FIELDS) __builtin_trap(); // a schema that the lint has not seen
        bool packed = false;
        if (index >= 0) {
            field = &top->type->fields[index];
            packed = field->label == PROTOBUF_C_LABEL_REPEATED && wire_types[field->type] != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
                && (tag & 7) == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
            if (!packed && (tag & 7) != wire_types[field->type]) {
                rule = RD_WIRE_TYPE;
                goto broken;
            }
            if (field->label != PROTOBUF_C_LABEL_REPEATED) {
                unsigned bit = presence_bit(top->type, (unsigned)index);
                uint64_t mask = (uint64_t)1 << (bit & 63), *word = &top->seen[bit >> 6];
                if (*word & mask) {
                    rule = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? RD_ONEOF : RD_DUPLICATE;
                    goto broken;
                }
                *word |= mask;
            }
        }
        switch (tag & 7) {
        case PROTOBUF_C_WIRE_TYPE_VARINT:
            if ((rule = skip_varint(&at, top->end))) goto broken;
            continue;
        case PROTOBUF_C_WIRE_TYPE_64BIT:
        case PROTOBUF_C_WIRE_TYPE_32BIT: {
            size_t width = (tag & 7) == PROTOBUF_C_WIRE_TYPE_32BIT ? 4 : 8;
            if ((size_t)(top->end - at) < width) {
                rule = RD_TRUNCATED;
                goto broken;
            }
            at += width;
            continue;
        }
        case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
            break;
        default:
            rule = RD_WIRE_TYPE;
            goto broken;
        }
        if ((rule = read_varint32(&at, top->end, &length))) goto broken;
        if (length > (size_t)(top->end - at)) {
            rule = RD_TRUNCATED;
            goto broken;
        }
        const uint8_t *end = at + length;
        if (packed) {
            if ((rule = count_packed(&at, end, field->type, &fields))) goto broken_here;
            if (fields > limits->max_field_count) {
                rule = RD_FIELD_COUNT;
                goto broken;
            }
        } else if (field && field->type == PROTOBUF_C_TYPE_STRING) {
            at = rd_utf8_check(at, end);
            if (at != end) {
                rule = *at == 0 ? RD_NUL : RD_UTF8;
                goto broken_here;
            }
        } else if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (depth + 1 == max_depth) {
                rule = RD_DEPTH;
                goto broken;
            }
            stack[++depth] = (frame){field->descriptor, end, {0}};
        } else {
            at = end;
        }
    }
    return finding->rule = RD_NONE;
broken_here:
    begin = at;
broken:
    *finding = (rd_finding){rule, (size_t)(begin - bytes), stack[depth].type, field};
    return rule;
}
