"""Writes every generated file under a staging folder, from the FileDescriptorSets that generate.sh has made with protoc."""

import pathlib
import sys

from google.protobuf import descriptor_pb2

import c_sources
import golden
import message_types
import methods
import names
import stubs
import swift_messages
import swift_random
from schema import Schema, load

PRODUCT_IMPORTS = ["package import CProtos"]
TEST_IMPORTS = ["package import CEchoProtos", "package import Wire"]
STUB_IMPORTS = {"": ["package import Wire"], "Echo": ["package import RPC"]}


def without_comments(descriptor_set):
    """The bytes that servers hand out: the same for the same schema, whatever its comments."""
    plain = descriptor_pb2.FileDescriptorSet()
    plain.CopyFrom(descriptor_set)
    for file in plain.file:
        file.ClearField("source_code_info")
    return plain.SerializeToString(deterministic=True)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def generate(staging, descriptor_set, own, c_folder, c_module, symbol, swift_folder, stubs_folder, prefix, imports, c_includes):
    """Everything of one C module and the Swift target above it; `own` tells which of the set's files are its own."""
    schema = Schema(descriptor_set)
    files = [file for file in schema.files if own(file.path)]
    include = staging / c_folder / "include"
    write(include / f"{c_module}.h", c_sources.umbrella_header(schema, files, c_module, symbol, c_includes))
    write(include / "module.modulemap", c_sources.module_map(c_module))
    packed = without_comments(descriptor_set)
    write(staging / c_folder / "Generated" / "descriptors.c", c_sources.descriptor_source(packed, c_module, symbol))
    folder = staging / swift_folder
    for file in files:
        if file.messages or file.enums:
            write(folder / f"{names.file_stem(file.path)}.swift", swift_messages.swift_file(schema, file, imports))
    table = methods.method_table(schema, files, f"{prefix}MethodTable", imports[1:])
    write(folder / f"{prefix}MethodTable.swift", table)
    for file in files:
        for service in file.services:
            text = stubs.swift_file(schema, service, file.path.split("/")[-1], STUB_IMPORTS[prefix])
            write(staging / stubs_folder / f"{service.short_name}Stubs.swift", text)
    write(folder / f"{prefix}MessageTypes.swift", message_types.swift_file(schema, files, f"{prefix}MessageTypes", imports[1:]))


def main():
    product_set, test_set, staging = load(sys.argv[1]), load(sys.argv[2]), pathlib.Path(sys.argv[3])
    product_files = {file.name for file in product_set.file}
    generate(
        staging, product_set, lambda path: True, "Sources/CProtos", "CProtos", "rd_file_descriptor_set",
        "Sources/Wire/Generated", "Sources/RPC/Generated", "", PRODUCT_IMPORTS, ["rd_wire.h"])
    generate(
        staging, test_set, lambda path: path not in product_files, "Tests/Support/CEchoProtos", "CEchoProtos",
        "rd_echo_file_descriptor_set", "Tests/Support/EchoProtos/Generated", "Tests/Support/EchoProtos/Generated",
        "Echo", TEST_IMPORTS, [])
    write(staging / "Tests/WireTests/Generated/RandomMessages.swift", swift_random.swift_file(Schema(test_set), Schema(product_set)))
    write(staging / "Protos/PROTOCOL.md", golden.replace_section(pathlib.Path("Protos/PROTOCOL.md").read_text(), product_set))


if __name__ == "__main__":
    main()
