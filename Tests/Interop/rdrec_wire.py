"""Framing (PROTOCOL.md 2 and 3): a message is a packed Header and a payload."""

from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from messages import Header

VERSION = 1
MAX_HEADER_BYTES = 65_536
MAX_METHOD_BYTES = 256
# Of ZMQ_RECONNECT_IVL (PROTOCOL.md 1): with -1 libzmq drops what arrived before the connection was lost.
NEVER_RECONNECT = 2**31 - 1

HELLO, CALL, MESSAGE, HALF_CLOSE, STATUS, CANCEL, CREDIT, PING, PONG, GOAWAY, BYE = range(1, 12)
SENT_BY_SERVERS = {HELLO, MESSAGE, STATUS, CREDIT, PING, PONG, GOAWAY, BYE}

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 0, 1, 2, 3, 4, 5
PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED = 7, 8, 9, 10
UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED = 12, 13, 14, 15, 16

# What a limit means that a HELLO leaves out (6.1).
ABSENT = {
    "max_frame_bytes": 4_194_304,
    "max_calls_in_flight": 2**32,
    "max_metadata_bytes": 16_384,
    "heartbeat_interval_ms": 1_000,
    "heartbeat_liveness": 3,
    "initial_credit_messages": 0,
    "initial_credit_bytes": 0,
}


@dataclass
class Status:
    """How a call ended: a gRPC code, a text, `details` as (type, bytes) and trailers as (key, bytes)."""

    code: int
    message: str = ""
    details: list = field(default_factory=list)
    trailers: list = field(default_factory=list)


class RpcError(Exception):
    """A call that did not end with OK."""

    def __init__(self, status):
        super().__init__(f"status {status.code}: {status.message}")
        self.status = status
        self.code = status.code


class Broken(Exception):
    """The server sent what section 2 or the table of 6.3 forbids."""


def limit(limits, name):
    """A limit of the peer's HELLO, or what its absence means."""
    return getattr(limits, name) or ABSENT[name]


def pack(kind, epoch, payload=b"", **fields):
    """The two frames of a message."""
    return [Header(version=VERSION, kind=kind, epoch=epoch, **fields).SerializeToString(), payload]


def unpack(frames):
    """The header and the payload of what a server sent; raises Broken."""
    if len(frames) != 2:
        raise Broken(f"a message has two frames, not {len(frames)}")
    if len(frames[0]) > MAX_HEADER_BYTES:
        raise Broken(f"a header of {len(frames[0])} bytes")
    try:
        header = Header.FromString(frames[0])
    except (DecodeError, UnicodeDecodeError) as error:
        raise Broken(f"a header that does not unpack: {error}") from error
    if header.version != VERSION:
        raise Broken(f"version {header.version}")
    if header.kind not in SENT_BY_SERVERS:
        raise Broken(f"kind {header.kind} from a server")
    return header, frames[1]


def status_of(header):
    """The status on a STATUS or BYE."""
    return Status(
        header.status, header.status_message, [(d.type, d.value) for d in header.details],
        [(m.key, m.value) for m in header.metadata])
