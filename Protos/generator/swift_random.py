"""Random values of every message, for the property tests: a conformance to `Randomised` each, and the list of all."""

import names
from schema import FIELD
from swift_messages import element_type
from swift_source import generated


def swift_file(*schemas):
    out = generated("every .proto file", ["import EchoProtos", "import Wire"])
    types = []
    for schema in schemas:
        for file in schema.files:
            for message in schema.all_messages(file):
                types.append(schema.swift_type(message.full_name))
                _conformance(schema, out, message)
    out.line("/// Every message type of the product and of the tests.")
    out.line("let randomisedTypes: [any Randomised.Type] = [")
    for name in types:
        out.line(f"    {name}.self,")
    out.line("]")
    return out.text()


def _conformance(schema, out, message):
    with out.block(f"extension {schema.swift_type(message.full_name)}: Randomised"):
        with out.block("static func random(_ random: inout SeededRandom) -> Self"):
            plain = [field for field in message.fields if field.oneof_index is None]
            out.line(f"{'var' if message.fields else 'let'} message = Self()")
            for field in plain:
                name = names.camel(field.name)
                value = _value(schema, field)
                if field.is_repeated:
                    out.line(f"message.{name} = random.array {{ {value} }}")
                elif field.type == FIELD.TYPE_MESSAGE:
                    out.line(f"if random.bool() {{ message.{name} = {value} }}")
                else:
                    out.line(f"message.{name} = {value}")
            for oneof in message.oneofs:
                members = message.members(oneof)
                out.line(f"switch random.below({len(members) + 1}) {{")
                for i, field in enumerate(members):
                    out.line(f"case {i}: message.{names.camel(oneof.name)} = .{names.camel(field.name)}({_value(schema, field)})")
                out.line("default: break")
                out.line("}")
            out.line("return message")
    out.line()


def _value(schema, field):
    receiver = "$0" if field.is_repeated else "random"
    if field.type == FIELD.TYPE_MESSAGE:
        return f"{element_type(schema, field)}.random(&{receiver})"
    if field.type == FIELD.TYPE_ENUM:
        return f"{receiver}.enumeration()"
    if field.type in (FIELD.TYPE_DOUBLE, FIELD.TYPE_FLOAT):
        return f"{receiver}.real()"
    if field.type == FIELD.TYPE_BOOL:
        return f"{receiver}.bool()"
    if field.type == FIELD.TYPE_STRING:
        return f"{receiver}.text()"
    if field.type == FIELD.TYPE_BYTES:
        return f"{receiver}.bytes()"
    return f"{receiver}.integer()"
