"""A client of the rdrec wire protocol, written from Protos/PROTOCOL.md alone. A thread owns the socket; callers wait on one condition.

Reading order: messages, rdrec_wire, rdrec_call, rdrec_connection, this file.
"""

import os
import random
import threading
import time
from collections import deque

import zmq
from zmq.utils.monitor import recv_monitor_message

from messages import Limits
from rdrec_call import Call
from rdrec_connection import CONNECTING, LOST, READY, Connection
from rdrec_stream import Stream
from rdrec_wire import CANCELLED, DEADLINE_EXCEEDED, NEVER_RECONNECT, OK, UNAVAILABLE, Status

DEFAULT_LIMITS = {
    "max_frame_bytes": 4_194_304, "max_metadata_bytes": 16_384, "initial_credit_messages": 64, "initial_credit_bytes": 1_048_576,
}
SOCKET_LOST = zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_AUTH


def back_off(attempt):
    """Seconds before attempt n (6.3)."""
    return random.uniform(0.5, 1) * min(0.1 * 1.6**attempt, 10)


class Client:
    """Connects, and connects anew with a new socket and epoch when a connection is lost, until `close`."""

    def __init__(self, endpoint, connect_timeout=5, curve=None, **limits):
        """`curve` is (server's public key, own public key, own secret key) in Z85; `limits` are fields of Limits."""
        self.endpoint = endpoint
        self.curve = curve
        self.limits = Limits(**{**DEFAULT_LIMITS, **limits})
        self.connect_timeout = connect_timeout
        self.lock = threading.Condition()
        self.connection = None
        self._waiting = deque()
        self._closing = False
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._context = zmq.Context()
        self._thread = threading.Thread(target=self._run, name="rdrec-client", daemon=True)
        self._thread.start()

    # Calls

    def unary(self, method, request, timeout=None, metadata=(), **options):
        """The reply to one request; raises RpcError."""
        return self.open(method, request, timeout, metadata, **options).result()

    def open(self, method, request=None, timeout=None, metadata=(), **options):
        """Starts a call. `request` is the one request, None where requests stream; `timeout` is in seconds; see Call for `options`."""
        payload = b"" if request is None else request.SerializeToString()
        deadline = None if timeout is None else time.monotonic() + timeout
        call = Call(method, payload, deadline, metadata, **options)
        with self.lock:
            if self._closing:
                call.end(Status(UNAVAILABLE, "the client is closed"))
            elif self.connection is None or self.connection.state in (CONNECTING, LOST):
                self._waiting.append(call)
            else:
                self.connection.open(call, time.monotonic())
            self.changed()
        return Stream(self, call)

    def wait_ready(self, timeout=10):
        """The epoch of the connection, as soon as it is ready."""
        with self.lock:
            if not self.lock.wait_for(lambda: self.connection is not None and self.connection.state == READY, timeout):
                raise TimeoutError("no connection")
            return self.connection.epoch

    def changed(self):
        """After any change, under the lock: wakes the thread and whoever waits."""
        self.lock.notify_all()
        os.eventfd_write(self._wake, 1)

    def close(self):
        """Cancels what is open, says BYE and stops the thread."""
        with self.lock:
            if self._closing:
                return
            self._closing = True
            connection = self.connection
            for call in list(self._waiting) + (list(connection.calls.values()) if connection else []):
                if call.status is None:
                    call.abandon(CANCELLED, "the client closes")
            if connection is not None:
                connection.leave(OK, "")
            self.changed()
        self._thread.join()
        self._context.term()
        os.close(self._wake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # The thread

    def _run(self):
        attempt = 0
        while not self._closing:
            if self._attempt():
                attempt = 0
            attempt += 1
            with self.lock:
                self.lock.wait_for(lambda: self._closing, back_off(attempt))

    def _attempt(self):
        """One connection, from its socket's opening to its closing; whether it came as far as ready."""
        socket = self._context.socket(zmq.DEALER)
        socket.reconnect_ivl, socket.heartbeat_ivl = NEVER_RECONNECT, 0
        socket.linger = 1_000  # a BYE may still leave
        socket.maxmsgsize = max(2 * self.limits.max_frame_bytes, 256 * 1024)
        if self.curve is not None:
            socket.curve_serverkey, socket.curve_publickey, socket.curve_secretkey = self.curve
        monitor = socket.get_monitor_socket(SOCKET_LOST)
        socket.connect(self.endpoint)
        with self.lock:
            connection = self.connection = Connection(self.limits, time.monotonic(), self.connect_timeout)
            if self._closing:
                connection.leave(OK, "")
        try:
            self._serve(socket, monitor, connection)
        finally:
            socket.disable_monitor()
            monitor.close()
            socket.close()
        return connection.peer is not None

    def _serve(self, socket, monitor, connection):
        poller = zmq.Poller()
        for pollable in (monitor, self._wake):
            poller.register(pollable, zmq.POLLIN)
        while True:
            with self.lock:
                now = time.monotonic()
                connection.tick(now)
                self._dispatch(connection, now)
                blocked = self._flush(socket, connection)
                self.lock.notify_all()
                if connection.state == LOST:
                    return
                times = [connection.next_time()] + [c.deadline for c in self._waiting if c.deadline is not None]
            poller.register(socket, zmq.POLLIN | (zmq.POLLOUT if blocked else 0))
            events = dict(poller.poll(max(0, min(times) - now) * 1e3 + 1))
            with self.lock:
                if self._wake in events:
                    os.eventfd_read(self._wake)
                while connection.state != LOST and socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
                    connection.receive(socket.recv_multipart(), time.monotonic())
                if monitor in events:
                    recv_monitor_message(monitor)
                    connection.lose()

    def _dispatch(self, connection, now):
        """Calls that wait for a connection go out on a ready one, end at their deadline, and share the fate of a lost one."""
        for call in list(self._waiting):
            if call.status is None and connection.state == READY:
                connection.open(call, now)
            elif call.status is None and call.deadline is not None and call.deadline <= now:
                call.end(Status(DEADLINE_EXCEEDED, "the deadline passed before there was a connection"))
            elif call.status is None and connection.state == LOST:
                call.end(Status(connection.reason.code or UNAVAILABLE, connection.reason.message, connection.reason.details))
            if call.status is not None or call.connection is not None:
                self._waiting.remove(call)

    def _flush(self, socket, connection):
        """Sends what is queued; true where the socket takes no more."""
        while connection.outgoing:
            try:
                socket.send_multipart(connection.outgoing[0], zmq.DONTWAIT)
            except zmq.Again:
                return True
            connection.outgoing.popleft()
        return False
