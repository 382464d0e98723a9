"""Random messages of any type, made with Google's protobuf, and a way to compare them."""

import math

from google.protobuf.descriptor import FieldDescriptor as F

RANGES = {
    F.CPPTYPE_INT32: (-2**31, 2**31 - 1), F.CPPTYPE_INT64: (-2**63, 2**63 - 1),
    F.CPPTYPE_UINT32: (0, 2**32 - 1), F.CPPTYPE_UINT64: (0, 2**64 - 1)}
SCRIPTS = [(0x01, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
REALS = [0.0, 1.0, -1.5, 0.1, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 3.4028234663852886e38]


def _integer(random, low, high):
    choice = random.randrange(5)
    if choice == 0:
        return random.choice((0, low, high, 1))
    if choice == 1:
        return random.randint(max(low, -128), 127)
    return random.randint(max(low, -(2 ** random.randrange(64))), min(high, 2 ** random.randrange(64)))


def _text(random):
    if random.randrange(2):
        return "".join(map(chr, random.choices(range(32, 127), k=random.randrange(20))))
    return "".join(chr(random.randint(*random.choice(SCRIPTS))) for _ in range(random.randrange(12)))


def _scalar(random, field):
    kind = field.cpp_type
    if kind in RANGES:
        return _integer(random, *RANGES[kind])
    if kind == F.CPPTYPE_ENUM:
        if random.randrange(4) == 0:
            return _integer(random, *RANGES[F.CPPTYPE_INT32])  # proto3 keeps numbers that it does not know
        return random.choice(field.enum_type.values).number
    if kind == F.CPPTYPE_BOOL:
        return bool(random.randrange(2))
    if kind == F.CPPTYPE_FLOAT:
        return random.choice((0.0, 1.0, -0.5, 1.5e10, math.inf, -math.inf, random.randrange(2**20) / 16))
    if kind == F.CPPTYPE_DOUBLE:
        return random.choice(REALS) if random.randrange(2) else random.uniform(-1e6, 1e6)
    if field.type == F.TYPE_BYTES:
        return random.randbytes(random.randrange(24))
    return _text(random)


def _set(random, message, field):
    if field.label == F.LABEL_REPEATED:
        values = getattr(message, field.name)
        for _ in range(random.choice((0, 0, 1, 2, 5))):
            if field.cpp_type == F.CPPTYPE_MESSAGE:
                fill(random, values.add())
            else:
                values.append(_scalar(random, field))
    elif field.cpp_type == F.CPPTYPE_MESSAGE:
        part = getattr(message, field.name)
        part.SetInParent()
        fill(random, part)
    else:
        setattr(message, field.name, _scalar(random, field))


def fill(random, message):
    """Sets about two thirds of the fields, and of each oneof no member or one."""
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is None and random.randrange(3):
            _set(random, message, field)
    for oneof in message.DESCRIPTOR.oneofs:
        member = random.randrange(len(oneof.fields) + 1)
        if member < len(oneof.fields):
            _set(random, message, oneof.fields[member])
    return message


def mutated(random, data):
    """One to three of: a bit flipped, a byte replaced by an edge, bytes removed, bytes doubled, the end cut, bytes put in."""
    data = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) + 1)
        count = random.randint(1, 8)
        choice = random.randrange(6)
        if choice == 0 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif choice == 1 and at < len(data):
            data[at] = random.choice((0x00, 0x7F, 0x80, 0xFF, 0x0B, 0x02, 0x0A, 0x12))
        elif choice == 2:
            del data[at:at + count]
        elif choice == 3:
            data[at:at] = data[at:at + count]
        elif choice == 4:
            del data[at:]
        else:
            data[at:at] = random.randbytes(count)
    return bytes(data)


def canonical(message):
    """Deterministic bytes without unknown fields, NaN all one, and -0.0 (which protobuf-c takes for absent) as 0."""
    copy = type(message)()
    copy.CopyFrom(message)
    copy.DiscardUnknownFields()
    _normalise(copy)
    return copy.SerializeToString(deterministic=True)


def _normalise(message):
    for field, value in message.ListFields():
        if field.cpp_type == F.CPPTYPE_MESSAGE:
            for part in value if field.label == F.LABEL_REPEATED else [value]:
                _normalise(part)
        elif field.cpp_type in (F.CPPTYPE_FLOAT, F.CPPTYPE_DOUBLE):
            if field.label == F.LABEL_REPEATED:
                value[:] = [math.nan if math.isnan(real) else real for real in value]
            elif math.isnan(value):
                setattr(message, field.name, math.nan)
            elif value == 0 and field.containing_oneof is None:
                message.ClearField(field.name)
