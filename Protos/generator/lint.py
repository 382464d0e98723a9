"""What the schema must keep to, so that the pre-scan, protobuf-c and the Swift names work. Run by generate.sh before anything is written."""

import re
import sys
from collections import Counter

import names
from schema import FIELD, Schema, load

# The C side has arrays of these sizes on the stack: RD_MAX_DEPTH and RD_MAX_FIELDS in Sources/CProtos/include/rd_wire.h.
MAX_DEPTH = 16
MAX_FIELDS = 128

# Packages whose text is somebody else's: their names stay as they are.
FOREIGN_PACKAGES = {"grpc.health.v1"}


def problems(descriptor_set, schema):
    """A sentence for each thing that is wrong; none for a good schema."""
    found = []
    for file in descriptor_set.file:
        if file.syntax != "proto3":
            found.append(f"{file.name}: write `syntax = \"proto3\";`, it is {file.syntax or 'proto2'}")
    for file in schema.files:
        for message in schema.all_messages(file):
            found += _message(message)
            found += _depth(schema, message)
        for service in file.services:
            found += _service(service)
    for enum in schema.enums.values():
        found += _enum(enum, schema.packages[enum.full_name])
    return found + list(_unique(schema))


def _message(message):
    own_names = message.package not in FOREIGN_PACKAGES
    if message.proto.options.map_entry:
        yield f"{message.full_name}: map fields are not supported: use a repeated message with key and value"
        return
    if own_names and not re.fullmatch(r"[A-Z][A-Za-z0-9]*", message.short_name):
        yield f"{message.full_name}: name messages in CamelCase"
    if len(message.fields) > MAX_FIELDS:
        yield f"{message.full_name}: {len(message.fields)} fields, at most {MAX_FIELDS} fit the pre-scan"
    if message.proto.extension_range or message.proto.extension:
        yield f"{message.full_name}: extensions are not supported"
    swift_names = Counter(names.camel(f.name) for f in message.fields)
    swift_names.update(names.camel(o.name) for o in message.oneofs if not o.name.startswith("_"))
    for name, count in swift_names.items():
        if count > 1:
            yield f"{message.full_name}: {count} fields or oneofs would be called {name} in Swift"
    for field in message.fields:
        place = f"{message.full_name}.{field.name}"
        if own_names and not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", field.name):
            yield f"{place}: name fields in snake_case"
        if field.proto.proto3_optional:
            yield f"{place}: protoc-c 1.4.1 refuses proto3 `optional`: use a oneof of one member"
        if field.type == FIELD.TYPE_GROUP:
            yield f"{place}: groups are not supported"
        if field.proto.label == FIELD.LABEL_REQUIRED:
            yield f"{place}: `required` is not supported"


def _depth(schema, message):
    """A type that contains itself, or a chain of types that is deeper than a frame may be."""
    def longest(name, chain):
        if name in chain:
            return chain[chain.index(name):] + [name], True
        best = chain + [name]
        for field in schema.messages[name].fields:
            if field.type == FIELD.TYPE_MESSAGE and field.type_name in schema.messages:
                path, recursive = longest(field.type_name, chain + [name])
                if recursive:
                    return path, True
                best = max(best, path, key=len)
        return best, False

    path, recursive = longest(message.full_name, [])
    if recursive:
        if path[0] == message.full_name:
            yield f"{message.full_name}: a recursive type ({' > '.join(path)}): what unpacks it recurses with the input"
    elif len(path) > MAX_DEPTH:
        yield f"{message.full_name}: nested {len(path)} deep, at most {MAX_DEPTH}: {' > '.join(path)}"


def _enum(enum, package):
    if enum.values[0].number != 0:
        yield f"{enum.full_name}: the first value must be 0"
    if len({value.number for value in enum.values}) < len(enum.values):
        yield f"{enum.full_name}: two names for one number"
    if package in FOREIGN_PACKAGES:
        return
    prefix = names.enum_prefix(enum.short_name)
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", enum.short_name):
        yield f"{enum.full_name}: name enums in CamelCase"
    for value in enum.values:
        if not re.fullmatch(prefix + r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", value.name):
            yield f"{enum.full_name}.{value.name}: name values {prefix}SOMETHING"
    if enum.values[0].name != prefix + "UNSPECIFIED":
        yield f"{enum.full_name}: the value 0 must be called {prefix}UNSPECIFIED"


def _service(service):
    for name in [service.short_name] + [method.proto.name for method in service.methods]:
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
            yield f"{service.full_name}: name services and methods in CamelCase, not {name}"


def _unique(schema):
    """Swift names have no package: no two of them may be the same."""
    taken = Counter(schema.swift_type(name) for name in list(schema.messages) + list(schema.enums))
    taken.update(f"{service.short_name}{suffix}" for file in schema.files for service in file.services
                 for suffix in ("Methods", "Service", "Client"))
    for name, count in taken.items():
        if count > 1:
            yield f"{name}: {count} things of the schema would have this name in Swift, which knows no packages"


def main():
    wrong = []
    for path in sys.argv[1:]:
        descriptor_set = load(path)
        wrong += [problem for problem in problems(descriptor_set, Schema(descriptor_set)) if problem not in wrong]
    if wrong:
        sys.exit("generate.sh: the schema breaks the rules of Protos/generator/lint.py:\n  " + "\n  ".join(wrong))


if __name__ == "__main__":
    main()
