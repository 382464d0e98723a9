"""The list of the message types, for whoever must find one by its full name: tests, and tools that are told a name."""

from swift_source import generated


def swift_file(schema, files, table, imports):
    out = generated(", ".join(file.path.split("/")[-1] for file in files), imports)
    out.line("/// Every message of the schema, nested ones too, in the order of the files.")
    with out.block(f"package enum {table}"):
        out.line("/// The types; each knows its `fullName`.")
        out.line("package static let all: [any WireMessage.Type] = [")
        for file in files:
            for message in schema.all_messages(file):
                out.line(f"    {schema.swift_type(message.full_name)}.self,")
        out.line("]")
    return out.text()
