"""One Swift file per .proto file: a struct per message, an open struct per enum, and the way to protobuf-c's struct and back."""

import names
from schema import FIELD
from swift_source import generated

SCALARS = {
    FIELD.TYPE_DOUBLE: ("Double", "0"), FIELD.TYPE_FLOAT: ("Float", "0"),
    FIELD.TYPE_INT64: ("Int64", "0"), FIELD.TYPE_UINT64: ("UInt64", "0"), FIELD.TYPE_INT32: ("Int32", "0"),
    FIELD.TYPE_FIXED64: ("UInt64", "0"), FIELD.TYPE_FIXED32: ("UInt32", "0"), FIELD.TYPE_BOOL: ("Bool", "false"),
    FIELD.TYPE_STRING: ("String", '""'), FIELD.TYPE_BYTES: ("[UInt8]", "[]"), FIELD.TYPE_UINT32: ("UInt32", "0"),
    FIELD.TYPE_SFIXED32: ("Int32", "0"), FIELD.TYPE_SFIXED64: ("Int64", "0"), FIELD.TYPE_SINT32: ("Int32", "0"),
    FIELD.TYPE_SINT64: ("Int64", "0"),
}


def swift_file(schema, file, imports):
    out = generated(file.path, imports)
    for enum in file.enums:
        _enum(out, enum)
    for message in file.messages:
        _struct(schema, out, message)
    for message in schema.all_messages(file):
        _conformance(schema, out, message)
    while out.lines[-1] == "":
        out.lines.pop()
    return out.text()


def _enum(out, enum):
    out.doc(enum.comment, f"`{enum.full_name}`.")
    out.line("///")
    out.line("/// Open, as proto3's enums are: a number that this build does not know is kept.")
    with out.block(f"package struct {enum.short_name}: WireEnum"):
        out.line("/// The number on the wire.")
        out.line("package var rawValue: Int32")
        out.line("/// Any number, known or not.")
        out.line("package init(rawValue: Int32) { self.rawValue = rawValue }")
        out.line()
        for value in enum.values:
            member = names.enum_member(enum.short_name, value.name)
            out.doc(value.comment, f"`{value.name} = {value.number}`.")
            out.line(f"package static var {member}: {enum.short_name} {{ {enum.short_name}(rawValue: {value.number}) }}")
        out.line()
        members = [names.enum_member(enum.short_name, value.name) for value in enum.values]
        out.line("/// The values that the schema names, in its order.")
        out.listing(f"package static let known: [{enum.short_name}] = ", ["." + m for m in members], "", "[]")
        out.line("/// The name in the schema; the number of a value that it does not name.")
        with out.block("package var description: String"):
            out.line("switch rawValue {")
            for value in enum.values:
                out.line(f'case {value.number}: "{value.name}"')
            out.line("default: String(rawValue)")
            out.line("}")
    out.line()


def element_type(schema, field):
    """The Swift type of one value of a field."""
    if field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM):
        return schema.swift_type(field.type_name)
    return SCALARS[field.type][0]


def _property(schema, field):
    """A field's type and default as a stored property."""
    element = element_type(schema, field)
    if field.is_repeated:
        return f"[{element}]", "[]"
    if field.type == FIELD.TYPE_MESSAGE:
        return f"{element}?", "nil"
    if field.type == FIELD.TYPE_ENUM:
        enum = schema.enums[field.type_name]
        return element, "." + names.enum_member(enum.short_name, enum.values[0].name)
    return SCALARS[field.type]


def _properties(schema, message):
    """Name, type, default, comment and declaration of each stored property, in the order of the schema; a oneof is one property."""
    seen = set()
    for field in message.fields:
        if field.oneof_index is None:
            yield names.camel(field.name), *_property(schema, field), field.comment, f"`{field.declaration}`."
        elif field.oneof_index not in seen:
            seen.add(field.oneof_index)
            oneof = message.oneofs[field.oneof_index]
            type_name = names.upper_first(names.camel(oneof.name))
            yield names.camel(oneof.name), f"{type_name}?", "nil", oneof.comment, f"`oneof {oneof.name}`; nil where no member is set."


def _struct(schema, out, message):
    out.doc(message.comment, f"`{message.full_name}`.")
    properties = list(_properties(schema, message))
    with out.block(f"package struct {message.short_name}: Sendable, Hashable"):
        for name, swift_type, _, comment, declaration in properties:
            out.doc(comment, declaration)
            out.line(f"package var {name}: {swift_type}")
        if properties:
            out.line()
        for enum in message.enums:
            _enum(out, enum)
        for nested in message.messages:
            _struct(schema, out, nested)
        for oneof in message.oneofs:
            _oneof(schema, out, message, oneof)
        out.line("/// The message with every field at its default.")
        if not properties:
            out.line("package init() {}")
        else:
            first, _, default, _, _ = properties[0]
            out.line(f"package init() {{ self.init({first.strip('`')}: {default}) }}")
            out.line()
            out.line("/// The message with the fields given, the others at their defaults.")
            out.listing("package init", [f"{name.strip('`')}: {t} = {default}" for name, t, default, _, _ in properties], " {")
            out.level += 1
            for name, *_ in properties:
                out.line(f"self.{name.strip('`')} = {name}")
            out.level -= 1
            out.line("}")
    out.line()


def _oneof(schema, out, message, oneof):
    out.doc([], f"The members of `{message.full_name}.{oneof.name}`.")
    with out.block(f"package enum {names.upper_first(names.camel(oneof.name))}: Sendable, Hashable"):
        for field in message.members(oneof):
            out.doc(field.comment, f"`{field.declaration}`.")
            out.line(f"case {names.camel(field.name)}({element_type(schema, field)})")
    out.line()


def _conformance(schema, out, message):
    c_type, c_lower = names.c_type(message.full_name), names.c_lower(message.full_name)
    with out.block(f"extension {schema.swift_type(message.full_name)}: WireMessage"):
        out.line(f'package static var fullName: String {{ "{message.full_name}" }}')
        out.line(f"package static var descriptor: UnsafeRawPointer {{ UnsafeRawPointer(rd_{c_lower}__descriptor()) }}")
        out.line(f"package static func initialize(_ raw: UnsafeMutablePointer<{c_type}>?) {{ {c_lower}__init(raw) }}")
        out.line()
        if message.fields:
            with out.block(f"package init(_ raw: {c_type}) throws(WireError)"):
                _read_fields(schema, out, message)
            with out.block(f"package func fill(_ raw: inout {c_type}, _ arena: Arena) throws(WireError)"):
                _write_fields(schema, out, message)
        else:
            out.line(f"package init(_ raw: {c_type}) throws(WireError) {{ self.init() }}")
            out.line(f"package func fill(_ raw: inout {c_type}, _ arena: Arena) throws(WireError) {{}}")
        # The same two functions in each message, and not once in the protocol: they are then compiled for this type alone.
        with out.block("package init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(WireError)"):
            out.line("let arena = Arena.enter(limits)")
            out.line("defer { arena.leave() }")
            out.line("let raw = try arena.unpack(bytes, Self.descriptor, limits)")
            out.line(f"try self.init(raw.assumingMemoryBound(to: {c_type}.self).pointee)")
        with out.block("package func encode(into scratch: inout [UInt8]) throws(WireError)"):
            out.line("let arena = Arena.enter()")
            out.line("defer { arena.leave() }")
            out.line(f"var raw = {c_type}()")
            out.line("Self.initialize(&raw)")
            out.line("try fill(&raw, arena)")
            out.line("try arena.pack(&raw, into: &scratch)")
    out.line()


def _read_fields(schema, out, message):
    seen = set()
    for field in message.fields:
        if field.oneof_index is None:
            out.line(f"{names.camel(field.name)} = {_read(schema, field)}")
        elif field.oneof_index not in seen:
            seen.add(field.oneof_index)
            oneof = message.oneofs[field.oneof_index]
            name = names.camel(oneof.name)
            out.line(f"switch raw.{names.c_field(oneof.name)}_case {{")
            for member in message.members(oneof):
                case = f".{names.camel(member.name)}"
                value = _read(schema, member)
                made = f"{value}.map {{ {case}($0) }}" if member.type == FIELD.TYPE_MESSAGE else f"{case}({value})"
                out.line(f"case {_case(message, oneof, member)}: {name} = {made}")
            out.line(f"default: {name} = nil")
            out.line("}")


def _case(message, oneof, field):
    return f"{names.c_upper(message.full_name)}__{oneof.name.upper()}_{field.name.upper()}"


def _read(schema, field):
    raw = f"raw.{names.c_field(field.name)}"
    if field.is_repeated:
        count = f"raw.n_{names.c_field(field.name)}"
        function = {
            FIELD.TYPE_MESSAGE: "try FieldReader.messages", FIELD.TYPE_STRING: "try FieldReader.strings",
            FIELD.TYPE_BYTES: "FieldReader.byteArrays", FIELD.TYPE_ENUM: "FieldReader.enums", FIELD.TYPE_BOOL: "FieldReader.bools",
        }.get(field.type, "FieldReader.scalars")
        return f"{function}({raw}, {count})"
    if field.type == FIELD.TYPE_MESSAGE:
        return f"try FieldReader.message({raw})"
    if field.type == FIELD.TYPE_STRING:
        return f"try FieldReader.string({raw})"
    if field.type == FIELD.TYPE_BYTES:
        return f"FieldReader.bytes({raw})"
    if field.type == FIELD.TYPE_BOOL:
        return f"{raw} != 0"
    if field.type == FIELD.TYPE_ENUM:
        number = f"{raw}.rawValue"
        if not schema.enums[field.type_name].has_negative_values:
            number = f"Int32(bitPattern: {number})"
        return f"{schema.swift_type(field.type_name)}(rawValue: {number})"
    return raw


def _write_fields(schema, out, message):
    for field in message.fields:
        if field.oneof_index is None:
            _write_plain(schema, out, field)
    for oneof in message.oneofs:
        out.line(f"switch {names.camel(oneof.name)} {{")
        for field in message.members(oneof):
            out.line(f"case .{names.camel(field.name)}(let value):")
            out.line(f"    raw.{names.c_field(oneof.name)}_case = {_case(message, oneof, field)}")
            out.line(f"    raw.{names.c_field(field.name)} = {_written(schema, field, 'value')}")
        out.line("case nil: break")
        out.line("}")


def _write_plain(schema, out, field):
    name, raw = names.camel(field.name), names.c_field(field.name)
    if field.is_repeated:
        function = {
            FIELD.TYPE_MESSAGE: "messages", FIELD.TYPE_STRING: "strings", FIELD.TYPE_BYTES: "byteArrays", FIELD.TYPE_ENUM: "enums",
            FIELD.TYPE_BOOL: "bools",
        }.get(field.type, "scalars")
        value = f'try arena.{function}({name}, "{field.owner}.{field.name}")'
        if field.type == FIELD.TYPE_ENUM:
            value += f".assumingMemoryBound(to: {names.c_type(field.type_name)}.self)"
        with out.block(f"if !{name}.isEmpty"):
            out.line(f"raw.{raw} = {value}")
            out.line(f"raw.n_{raw} = {name}.count")
    elif field.type == FIELD.TYPE_MESSAGE:
        out.line(f"if let {name} {{ raw.{raw} = {_written(schema, field, name)} }}")
    elif field.type in (FIELD.TYPE_STRING, FIELD.TYPE_BYTES):
        out.line(f"if !{name}.isEmpty {{ raw.{raw} = {_written(schema, field, name)} }}")
    else:
        out.line(f"raw.{raw} = {_written(schema, field, name)}")


def _written(schema, field, value):
    place = f'"{field.owner}.{field.name}"'
    if field.type == FIELD.TYPE_MESSAGE:
        return f"try arena.message({value}, {place})"
    if field.type == FIELD.TYPE_STRING:
        return f"try arena.string({value}, {place})"
    if field.type == FIELD.TYPE_BYTES:
        return f"try arena.bytes({value}, {place})"
    if field.type == FIELD.TYPE_BOOL:
        return f"{value} ? 1 : 0"
    if field.type == FIELD.TYPE_ENUM:
        number = f"{value}.rawValue"
        if not schema.enums[field.type_name].has_negative_values:
            number = f"UInt32(bitPattern: {number})"
        return f"{names.c_type(field.type_name)}(rawValue: {number})"
    return value
