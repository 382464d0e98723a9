"""The schema as the generators see it: a FileDescriptorSet with its comments, and the names of each thing in Swift and in C."""

import pathlib
from dataclasses import dataclass, field
from typing import Optional

from google.protobuf import descriptor_pb2

import names

FIELD = descriptor_pb2.FieldDescriptorProto


def load(path):
    """The FileDescriptorSet that protoc has written to `path`."""
    descriptor_set = descriptor_pb2.FileDescriptorSet()
    descriptor_set.ParseFromString(pathlib.Path(path).read_bytes())
    return descriptor_set


@dataclass
class EnumValue:
    name: str
    number: int
    comment: list


@dataclass
class Enum:
    full_name: str
    values: list
    comment: list
    file: str

    @property
    def short_name(self):
        return self.full_name.split(".")[-1]

    @property
    def has_negative_values(self):
        return any(value.number < 0 for value in self.values)


@dataclass
class Field:
    proto: FIELD
    owner: str
    comment: list

    @property
    def name(self):
        return self.proto.name

    @property
    def type(self):
        return self.proto.type

    @property
    def type_name(self):
        """The full name of the message or enum that the field holds, without the leading dot; empty for scalars."""
        return self.proto.type_name.lstrip(".")

    @property
    def is_repeated(self):
        return self.proto.label == FIELD.LABEL_REPEATED

    @property
    def oneof_index(self) -> Optional[int]:
        return self.proto.oneof_index if self.proto.HasField("oneof_index") else None

    @property
    def declaration(self):
        """The field as the .proto file declares it, for comments."""
        kind = self.type_name.split(".")[-1] or FIELD.Type.Name(self.type)[len("TYPE_"):].lower()
        return f"{'repeated ' if self.is_repeated else ''}{kind} {self.name} = {self.proto.number}"


@dataclass
class Oneof:
    name: str
    index: int
    comment: list


@dataclass
class Message:
    proto: descriptor_pb2.DescriptorProto
    full_name: str
    package: str
    comment: list
    fields: list = field(default_factory=list)
    oneofs: list = field(default_factory=list)
    messages: list = field(default_factory=list)
    enums: list = field(default_factory=list)

    @property
    def short_name(self):
        return self.full_name.split(".")[-1]

    def members(self, oneof):
        return [f for f in self.fields if f.oneof_index == oneof.index]


@dataclass
class Method:
    proto: descriptor_pb2.MethodDescriptorProto
    comment: list


@dataclass
class Service:
    full_name: str
    comment: list
    methods: list

    @property
    def short_name(self):
        return self.full_name.split(".")[-1]


@dataclass
class File:
    path: str
    package: str
    messages: list
    enums: list
    services: list


class Schema:
    """Every file of a FileDescriptorSet, and where each full name of a message or an enum is."""

    def __init__(self, descriptor_set):
        self.messages = {}
        self.enums = {}
        self.packages = {}
        self.files = [self._file(proto) for proto in descriptor_set.file]

    def swift_type(self, full_name):
        """`rdrec.test.v1.EveryType.Inner` -> `EveryType.Inner`."""
        return full_name[len(self.packages[full_name]) + 1:]

    def all_messages(self, file):
        """The messages of a file, nested ones after the one that holds them."""
        def walk(messages):
            for message in messages:
                yield message
                yield from walk(message.messages)
        return list(walk(file.messages))

    def _file(self, proto):
        comments = {tuple(place.path): _lines(place) for place in proto.source_code_info.location}
        return File(
            proto.name, proto.package,
            [self._message(m, proto.package, proto.package, comments, (4, i)) for i, m in enumerate(proto.message_type)],
            [self._enum(e, proto.package, proto.package, comments, (5, i), proto.name) for i, e in enumerate(proto.enum_type)],
            [self._service(s, proto.package, comments, (6, i)) for i, s in enumerate(proto.service)])

    def _message(self, proto, scope, package, comments, path):
        message = Message(proto, f"{scope}.{proto.name}", package, comments.get(path, []))
        message.fields = [Field(f, message.full_name, comments.get(path + (2, i), [])) for i, f in enumerate(proto.field)]
        message.oneofs = [Oneof(o.name, i, comments.get(path + (8, i), [])) for i, o in enumerate(proto.oneof_decl)]
        message.messages = [
            self._message(m, message.full_name, package, comments, path + (3, i)) for i, m in enumerate(proto.nested_type)]
        message.enums = [
            self._enum(e, message.full_name, package, comments, path + (4, i), "") for i, e in enumerate(proto.enum_type)]
        self.messages[message.full_name] = message
        self.packages[message.full_name] = package
        return message

    def _enum(self, proto, scope, package, comments, path, file):
        values = [EnumValue(v.name, v.number, comments.get(path + (2, i), [])) for i, v in enumerate(proto.value)]
        enum = Enum(f"{scope}.{proto.name}", values, comments.get(path, []), file)
        self.enums[enum.full_name] = enum
        self.packages[enum.full_name] = package
        return enum

    def _service(self, proto, package, comments, path):
        methods = [Method(m, comments.get(path + (2, i), [])) for i, m in enumerate(proto.method)]
        return Service(f"{package}.{proto.name}", comments.get(path, []), methods)


def _lines(place):
    """The comment above a declaration and the one behind it, as lines without trailing space."""
    text = [line.strip() for part in (place.leading_comments, place.trailing_comments) for line in part.strip().splitlines()]
    if text:
        text[0] = names.sentence(text[0])
        text[-1] += "" if text[-1].endswith((".", "…")) else "."
    return text
