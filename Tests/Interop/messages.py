"""The messages and methods of the .proto files. protoc compiles them when this module is first imported: nothing generated is kept."""

import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO_PATHS = [ROOT / "Protos", ROOT / "Tests" / "Support" / "Protos"]
# What echo-server serves, and what studentd does.
ECHO_FILES = [
    "rdrec/rpc/v1/envelope.proto",
    "rdrec/rpc/v1/descriptors.proto",
    "grpc/health/v1/health.proto",
    "rdrec/test/v1/echo.proto",
]
STUDENT_FILES = ["rdrec/v1/student.proto"]


def _compile():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "set.binpb"
        command = ["protoc", f"--descriptor_set_out={path}", "--include_imports"]
        subprocess.run(command + [f"--proto_path={p}" for p in PROTO_PATHS] + ECHO_FILES + STUDENT_FILES, check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())


FILES = _compile()
# A pool of its own, so that a grpc package of this machine with the same health.proto cannot collide.
_pool = descriptor_pool.DescriptorPool()
for _file in FILES.file:
    _pool.Add(_file)
_factory = message_factory.MessageFactory(_pool)


def message(name):
    """The class of the message with this full name."""
    return _factory.GetPrototype(_pool.FindMessageTypeByName(name))


@dataclass(frozen=True)
class Method:
    """One method as its .proto file declares it; the two classes are of its request and its response."""

    name: str
    request: type
    response: type
    requests_stream: bool
    responses_stream: bool


def _methods():
    for file in FILES.file:
        for service in file.service:
            for method in service.method:
                name = f"/{file.package}.{service.name}/{method.name}"
                yield name, Method(
                    name, message(method.input_type[1:]), message(method.output_type[1:]),
                    method.client_streaming, method.server_streaming)


METHODS = dict(_methods())
ECHO_METHODS = {name for name in METHODS if not name.startswith("/rdrec.v1.")}

Header = message("rdrec.rpc.v1.Header")
Limits = message("rdrec.rpc.v1.Limits")
RetryInfo = message("rdrec.rpc.v1.RetryInfo")
EchoRequest = message("rdrec.test.v1.EchoRequest")
EchoResponse = message("rdrec.test.v1.EchoResponse")
EveryType = message("rdrec.test.v1.EveryType")
HealthCheckRequest = message("grpc.health.v1.HealthCheckRequest")


def echo(name):
    """A method of the Echo service."""
    return METHODS["/rdrec.test.v1.Echo/" + name]


def student(name):
    """A method of studentd, as "Jobs/GetJob"."""
    return METHODS["/rdrec.v1." + name]
