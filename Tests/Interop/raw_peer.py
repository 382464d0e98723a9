"""A connection of raw frames, for what no honest client sends."""

import secrets
import time

import zmq

from messages import Header
from rdrec_wire import BYE, CANCEL, HELLO, NEVER_RECONNECT, PING, PONG, UNAVAILABLE, VERSION, pack

GENEROUS = {"max_frame_bytes": 4_194_304, "max_metadata_bytes": 16_384, "initial_credit_messages": 64, "initial_credit_bytes": 1_048_576}


class RawPeer:
    """A DEALER. It answers nothing by itself, not even PING. With `hello` it is ready when made.

    libzmq takes `takes` messages before anybody receives them (0 = any number).
    """

    def __init__(self, endpoint, hello=True, routing_id=None, limits=None, curve=None, takes=0):
        self.epoch = secrets.randbelow(2**64 - 1) + 1
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndhwm, self.socket.rcvhwm = 0, takes
        self.socket.reconnect_ivl = NEVER_RECONNECT
        if curve is not None:
            self.socket.curve_serverkey, self.socket.curve_publickey, self.socket.curve_secretkey = curve
        if routing_id is not None:
            self.socket.routing_id = routing_id
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.socket.connect(endpoint)
        self.limits = None
        self.ready = hello
        if hello:
            self.send(HELLO, limits=GENEROUS if limits is None else limits)
            self.limits = self.expect(HELLO).limits

    def close(self):
        """Closes without a BYE."""
        if self.socket.closed:
            return
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close()
        self.context.term()

    def frames(self, *frames):
        """Sends any frames."""
        self.socket.send_multipart(frames)

    def send(self, kind, payload=b"", **fields):
        """Sends a message; `epoch` and `version` may be given too."""
        header = Header(**{"version": VERSION, "kind": kind, "epoch": self.epoch, **fields})
        self.frames(header.SerializeToString(), payload)

    def header(self, kind, **fields):
        """The packed header of an honest message."""
        return pack(kind, self.epoch, **fields)[0]

    def receive(self, timeout=10, skip=(PING,)):
        """The next message that is not of a kind in `skip`, as (header, payload); fails after `timeout` seconds."""
        end = time.monotonic() + timeout
        while True:
            if not self.socket.poll(max(0, end - time.monotonic()) * 1e3):
                raise AssertionError(f"the server sent nothing within {timeout} s")
            frames = self.socket.recv_multipart()
            if len(frames) != 2:
                raise AssertionError(f"the server sent {len(frames)} frames")
            header = Header.FromString(frames[0])
            if header.kind not in skip:
                return header, frames[1]

    def expect(self, kind, status=None, **fields):
        """The next message, which must be of this kind, epoch and status; returns its header."""
        header, self.payload = self.receive(skip=() if kind == PING else (PING,))
        wanted = {"version": VERSION, "kind": kind, "epoch": self.epoch, **fields}
        if status is not None:
            wanted["status"] = status
        found = {name: getattr(header, name) for name in wanted}
        if found != wanted:
            raise AssertionError(f"expected {wanted}, the server sent {found}: {header}")
        return header

    def expect_silence(self):
        """Nothing is sent in answer to what went before: a PING sent now is answered first (by BYE where the connection is unknown)."""
        if not self.ready:
            self.send(PING)
            return self.expect(BYE, UNAVAILABLE)
        number = secrets.randbelow(2**63)
        self.send(PING, sequence=number)
        self.expect(PONG, sequence=number)

    def expect_forgotten(self):
        """The server knows nothing of this connection: any message but HELLO, PONG and BYE is answered by BYE with UNAVAILABLE."""
        self.send(CANCEL, call_id=1)
        self.expect(BYE, UNAVAILABLE)

    def disconnected(self, timeout=10):
        """Whether libzmq's connection breaks within `timeout` seconds."""
        return bool(self.monitor.poll(timeout * 1e3))
