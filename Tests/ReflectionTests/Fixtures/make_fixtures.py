#!/usr/bin/python3
"""Writes schema.bin, extra.bin and vectors.jsonl beside this file, the same on every run.

Needs Debian's protobuf-compiler and python3-protobuf. A vector is a message as Google's library encodes it, deterministically,
and as its json_format prints it. Three things are then written as rdrec writes them, which JSON allows: no white space, whole
numbers below 1e16 without a fraction, and DEL and the C1 control characters escaped.
"""
import json
import math
import pathlib
import random
import struct
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor as F

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
RANDOM = random.Random(20240601)

INTEGERS = {
    F.TYPE_INT32: (32, True), F.TYPE_SINT32: (32, True), F.TYPE_SFIXED32: (32, True), F.TYPE_UINT32: (32, False),
    F.TYPE_FIXED32: (32, False), F.TYPE_INT64: (64, True), F.TYPE_SINT64: (64, True), F.TYPE_SFIXED64: (64, True),
    F.TYPE_UINT64: (64, False), F.TYPE_FIXED64: (64, False),
}
DOUBLES = [0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 1e15, 1e16, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 2.2250738585072014e-308,
           1.7976931348623157e308, 9007199254740993.0, 9999999999999998.0, math.inf, -math.inf, math.nan, 1e21, -1e100, 0.7]
FLOATS = [0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 16777216.0, 16777218.0, 1e10, 1e15, 1e16, 1e-4, 1e-5, 1.1754944e-38, 3.4028235e38,
          math.inf, -math.inf, math.nan]
TEXTS = ["", "a", "Grüße", "🙂", "line\nfeed\ttab", "\"quoted\" \\ /", "\x00\x01\x1f\x7f\x85", "\u2028\u2029\ufeff\uffff", "e\u0301", "null"]


def integer(bits, signed):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    kind = RANDOM.randrange(4)
    if kind == 0:
        return RANDOM.choice([low, high, 0, 1, min(high, 1 << 53) - 1, min(high, (1 << 53) + 1)])
    value = RANDOM.getrandbits(RANDOM.randint(1, bits))
    return max(low, min(high, -value if signed and kind == 1 else value))


def text():
    return "".join(RANDOM.choice(TEXTS) for _ in range(RANDOM.randint(0, 3)))


def scalar(field):
    if field.type in INTEGERS:
        return integer(*INTEGERS[field.type])
    if field.type == F.TYPE_BOOL:
        return RANDOM.random() < 0.6
    if field.type == F.TYPE_DOUBLE:
        return RANDOM.choice(DOUBLES) if RANDOM.random() < 0.6 else RANDOM.gauss(0, 10 ** RANDOM.randint(-6, 20))
    if field.type == F.TYPE_FLOAT:
        if RANDOM.random() < 0.6:
            return RANDOM.choice(FLOATS)
        return struct.unpack("<f", struct.pack("<f", RANDOM.gauss(0, 10 ** RANDOM.randint(-6, 20))))[0]
    if field.type == F.TYPE_STRING:
        return text()
    if field.type == F.TYPE_BYTES:
        return RANDOM.randbytes(RANDOM.randint(0, 7))
    if field.type == F.TYPE_ENUM:
        numbers = [value.number for value in field.enum_type.values]
        return RANDOM.choice(numbers) if RANDOM.random() < 0.85 else integer(32, True)
    raise ValueError(field.type)


def fill(message, density, depth=0):
    chosen = {oneof.name: RANDOM.choice(oneof.fields) for oneof in message.DESCRIPTOR.oneofs}
    for field in message.DESCRIPTOR.fields:
        if RANDOM.random() > density or (field.containing_oneof and chosen[field.containing_oneof.name] is not field):
            continue
        if field.type == F.TYPE_MESSAGE and depth >= 4:
            continue
        if field.label == F.LABEL_REPEATED:
            for _ in range(RANDOM.randint(0, 3)):
                if field.type == F.TYPE_MESSAGE:
                    fill(getattr(message, field.name).add(), density, depth + 1)
                else:
                    getattr(message, field.name).append(scalar(field))
        elif field.type == F.TYPE_MESSAGE:
            getattr(message, field.name).SetInParent()
            fill(getattr(message, field.name), density, depth + 1)
        else:
            setattr(message, field.name, scalar(field))


def as_rdrec_writes(value):
    if isinstance(value, dict):
        return {key: as_rdrec_writes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_rdrec_writes(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16 \
            and not (value == 0 and math.copysign(1, value) < 0):
        return int(value)
    return value


def to_json(message):
    out = json.dumps(as_rdrec_writes(json_format.MessageToDict(message)), ensure_ascii=False, separators=(",", ":"))
    return "".join(f"\\u{ord(c):04x}" if 0x7F <= ord(c) <= 0x9F else c for c in out)


def schema(path, roots, files):
    subprocess.run(["protoc", *[f"--proto_path={root}" for root in roots], "--include_imports", f"--descriptor_set_out={path}", *files],
                   check=True)
    pool = descriptor_pool.DescriptorPool()
    sets = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
    for file in sets.file:
        pool.Add(file)
    return pool


def vectors(pool, name, count, out):
    prototype = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))
    for index in range(count):
        message = prototype()
        fill(message, 1.0 if index == 0 else RANDOM.choice([0.1, 0.3, 0.5, 0.9]))
        data = message.SerializeToString(deterministic=True)
        # The fixture itself must make the way back. json_format refuses the shortest text of the largest float, which rounds to it.
        if "3.4028235e+38" not in to_json(message):
            assert json_format.Parse(to_json(message), prototype()).SerializeToString(deterministic=True) == data, name
        out.write(json.dumps({"type": name, "bytes": data.hex(), "json": to_json(message)}, ensure_ascii=True) + "\n")


def main():
    echo = ROOT / "Tests/Support/Protos"
    files = sorted(str(p.relative_to(root)) for root in (ROOT / "Protos", echo) for p in root.rglob("*.proto"))
    own = schema(HERE / "schema.bin", [ROOT / "Protos", echo], files)
    extra = schema(HERE / "extra.bin", [HERE], ["extra.proto"])
    with open(HERE / "vectors.jsonl", "w", encoding="ascii") as out:
        vectors(own, "rdrec.test.v1.EveryType", 250, out)
        for name in ["rdrec.rpc.v1.Header", "rdrec.rpc.v1.GetFileDescriptorSetResponse", "rdrec.v1.GenerateRationaleRequest",
                     "rdrec.v1.GenerateRationaleResponse", "rdrec.v1.CompleteRequest", "rdrec.v1.TeacherLoad", "rdrec.v1.IngestRecord",
                     "rdrec.v1.RecommendRequest", "rdrec.v1.RecommendResponse", "rdrec.v1.JobEvent", "grpc.health.v1.HealthCheckResponse"]:
            vectors(own, name, 10, out)
        for name in ["extra.v1.Presence", "extra.v1.Tree", "extra.v1.Names", "extra.v1.Unpacked"]:
            vectors(extra, name, 15, out)


if __name__ == "__main__":
    main()
