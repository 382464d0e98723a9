"""The method table: what protobuf-c forgets of a service (which side streams, whether a call may be repeated)."""

from google.protobuf import descriptor_pb2

import names
from swift_source import generated

OPTIONS = descriptor_pb2.MethodOptions
IDEMPOTENCY = {
    OPTIONS.IDEMPOTENCY_UNKNOWN: "unknown", OPTIONS.NO_SIDE_EFFECTS: "noSideEffects", OPTIONS.IDEMPOTENT: "idempotent"}


def kind(method):
    return {(False, False): "unary", (False, True): "serverStream", (True, False): "clientStream", (True, True): "bidirectional"}[
        (method.proto.client_streaming, method.proto.server_streaming)]


def method_table(schema, files, table, imports):
    """One file: an enum of methods per service, and `table.all`."""
    services = [service for file in files for service in file.services]
    out = generated("the services of " + ", ".join(file.path.split("/")[-1] for file in files if file.services), imports)
    for service in services:
        _service(schema, out, service)
    out.line("/// Every method of the schema, by service in the order of the files.")
    with out.block(f"package enum {table}"):
        out.line("/// The methods of all services.")
        out.line("package static let all: [MethodInfo] = " + " + ".join(f"{s.short_name}Methods.all" for s in services))
    return out.text()


def _service(schema, out, service):
    out.doc([], f"The methods of `{service.full_name}`.")
    with out.block(f"package enum {service.short_name}Methods"):
        for method in service.methods:
            request, response = (schema.swift_type(t.lstrip(".")) for t in (method.proto.input_type, method.proto.output_type))
            out.doc(method.comment, f"`rpc {method.proto.name}`.")
            out.line(f"package static let {names.lower_first(method.proto.name)} = Method<{request}, {response}>(")
            out.line("    info: MethodInfo(")
            out.line(f'        service: "{service.full_name}", name: "{method.proto.name}", kind: .{kind(method)},')
            out.line(f"        idempotency: .{IDEMPOTENCY[method.proto.options.idempotency_level]},")
            out.line(f"        requestType: {request}.fullName, responseType: {response}.fullName))")
        out.line()
        out.line("/// All of them, in the order of the schema.")
        out.line("package static let all: [MethodInfo] = [")
        for method in service.methods:
            out.line(f"    {names.lower_first(method.proto.name)}.info,")
        out.line("]")
    out.line()
