"""What an application writes its calls against: per service a protocol for the server's side and a struct for the client's."""

import names
from methods import kind
from swift_source import generated


def swift_file(schema, service, origin, imports):
    out = generated(f"the service {service.full_name} of {origin}", imports)
    _protocol(schema, out, service)
    out.line()
    _registration(out, service)
    out.line()
    _client(schema, out, service)
    return out.text()


def _types(schema, method):
    return (schema.swift_type(t.lstrip(".")) for t in (method.proto.input_type, method.proto.output_type))


def _protocol(schema, out, service):
    out.doc(service.comment, f"`{service.full_name}`.")
    out.line("///")
    out.line("/// The server's side: what a program implements to serve it. Each method may run many times at once.")
    with out.block(f"package protocol {service.short_name}Service: Sendable"):
        for method in service.methods:
            request, response = _types(schema, method)
            name = names.lower_first(method.proto.name)
            parameters, result = {
                "unary": ([f"_ request: {request}"], f" -> {response}"),
                "serverStream": ([f"_ request: {request}", f"_ responses: MessageWriter<{response}>"], ""),
                "clientStream": ([f"_ requests: MessageStream<{request}>"], f" -> {response}"),
                "bidirectional": ([f"_ requests: MessageStream<{request}>", f"_ responses: MessageWriter<{response}>"], ""),
            }[kind(method)]
            out.doc(method.comment, f"`rpc {method.proto.name}`.")
            out.listing(f"func {name}", parameters + ["_ call: ServerCall"], f" async throws{result}")


def _registration(out, service):
    with out.block(f"extension {service.short_name}Service"):
        out.line(f"/// Has `router` give the calls of `{service.full_name}` to this value.")
        with out.block("package func register(in router: inout Router)"):
            for method in service.methods:
                name = names.lower_first(method.proto.name)
                arguments = {
                    "unary": ["request"], "serverStream": ["request", "responses"], "clientStream": ["requests"],
                    "bidirectional": ["requests", "responses"]}[kind(method)] + ["call"]
                listed = ", ".join(arguments)
                with out.block(f"router.{kind(method)}({service.short_name}Methods.{name})"):
                    out.lines[-1] += f" {listed} in"
                    out.line(f"try await self.{name}({listed})")


def _client(schema, out, service):
    out.line(f"/// The client's side of `{service.full_name}`.")
    with out.block(f"package struct {service.short_name}Client: Sendable"):
        out.line("/// What carries the calls.")
        out.line("package let client: RPCClient")
        out.line()
        out.line("/// Calls the service through `client`.")
        out.line("package init(_ client: RPCClient) { self.client = client }")
        for method in service.methods:
            out.line()
            _call(schema, out, service, method)


def _call(schema, out, service, method):
    request, response = _types(schema, method)
    name = names.lower_first(method.proto.name)
    options = "options: CallOptions = CallOptions()"
    generic, parameters, result, arguments = {
        "unary": ("", [f"_ request: {request}", options], response, "request, options: options"),
        "serverStream": (
            "<Result: Sendable>",
            [f"_ request: {request}", options, f"_ body: (MessageStream<{response}>) async throws -> Result"], "Result",
            "request, options: options, body"),
        "clientStream": (
            "", [options, f"_ produce: (MessageWriter<{request}>) async throws -> Void"], response, "options: options, produce"),
        "bidirectional": (
            "<Result: Sendable>",
            [options, f"_ body: (MessageWriter<{request}>, MessageStream<{response}>) async throws -> Result"], "Result",
            "options: options, body"),
    }[kind(method)]
    out.doc(method.comment, f"`rpc {method.proto.name}`.")
    out.listing(f"package func {name}{generic}", parameters, f" async throws -> {result} {{")
    out.line(f"    try await client.{kind(method)}({service.short_name}Methods.{name}, {arguments})")
    out.line("}")
