"""One connection attempt on the client (PROTOCOL.md 6.2 and 6.3) as a state machine: frames and times in, frames out."""

import secrets
from collections import deque

from rdrec_wire import (BYE, CREDIT, DEADLINE_EXCEEDED, GOAWAY, HELLO, INTERNAL, MAX_METHOD_BYTES, MESSAGE, OK, PING, PONG,
                        RESOURCE_EXHAUSTED, STATUS, UNAVAILABLE, Broken, Status, limit, pack, status_of, unpack)

CONNECTING, READY, DRAINING, LOST = "connecting", "ready", "draining", "lost"


class Connection:
    """From HELLO to its loss. Times are monotonic seconds. `reason` tells the calls that wait why a connection was lost."""

    def __init__(self, limits, now, connect_timeout):
        self.limits = limits
        self.epoch = secrets.randbelow(2**64 - 1) + 1
        self.state = CONNECTING
        self.peer = None
        self.outgoing = deque()
        self.calls = {}
        self.reason = Status(UNAVAILABLE, "the connection was lost")
        self._last_id = 0
        self._connect_until = now + connect_timeout
        self._heard = self._pinged = self._ticked = now
        self._ping = 0
        self.send(HELLO, limits=limits)

    def send(self, kind, payload=b"", **fields):
        """Queues one message."""
        self.outgoing.append(pack(kind, self.epoch, payload, **fields))

    # Calls

    def open(self, call, now):
        """Starts a call in ready, or ends it where it breaks a limit that the server told."""
        frame, metadata = limit(self.peer, "max_frame_bytes"), limit(self.peer, "max_metadata_bytes")
        if self.state != READY:
            call.end(Status(UNAVAILABLE, "the connection takes no new call"))
        elif call.deadline is not None and call.deadline <= now:
            call.end(Status(DEADLINE_EXCEEDED, "the deadline passed before the call was sent"))
        elif len(self.calls) >= limit(self.peer, "max_calls_in_flight"):
            call.end(Status(RESOURCE_EXHAUSTED, "max_calls_in_flight calls are open"))
        elif len(call.request) > frame:
            call.end(Status(RESOURCE_EXHAUSTED, f"the request has {len(call.request)} bytes, max_frame_bytes is {frame}"))
        elif sum(len(k) + len(v) for k, v in call.metadata) > metadata:
            call.end(Status(RESOURCE_EXHAUSTED, f"the metadata is longer than max_metadata_bytes, {metadata}"))
        elif len(call.method.name.encode()) > MAX_METHOD_BYTES:
            call.end(Status(INTERNAL, f"a method's name has at most {MAX_METHOD_BYTES} bytes"))
        else:
            self._last_id += 1
            self.calls[self._last_id] = call
            call.begin(self, self._last_id, now)

    def ended(self, call):
        """A call has its status; the last one of a draining connection is the connection's end too."""
        self.calls.pop(call.id, None)
        if self.state == DRAINING and not self.calls:
            self.leave(OK, "")

    def leave(self, code, message):
        """Says BYE and is lost."""
        if self.state != LOST:
            self.send(BYE, status=code, status_message=message)
            self.lose()

    def lose(self, reason=None):
        """Ends every call with UNAVAILABLE."""
        self.state, self.reason = LOST, reason or self.reason
        for call in list(self.calls.values()):
            call.end(Status(UNAVAILABLE, self.reason.message or "the connection was lost"))

    # Input

    def receive(self, frames, now):
        """One message of the server."""
        if self.state == LOST:
            return
        self._heard = now
        try:
            header, payload = unpack(frames)
            if header.epoch == self.epoch:
                self._handle(header, payload)
        except Broken as error:
            self.leave(INTERNAL, str(error))

    def _handle(self, header, payload):
        kind = header.kind
        if kind == PING:
            self.send(PONG, sequence=header.sequence)
        elif kind == BYE:
            # Why a server refuses is the status of the calls that wait; calls that were open end with UNAVAILABLE.
            self.lose(status_of(header))
        elif kind == HELLO:
            if self.state != CONNECTING:
                raise Broken("a second HELLO")
            self.peer, self.state = header.limits, READY
        elif kind == GOAWAY and self.state == CONNECTING:
            self.lose(Status(UNAVAILABLE, header.status_message))
        elif kind == GOAWAY and self.state == READY:
            self.state = DRAINING
            if not self.calls:
                self.leave(OK, "")
        elif kind in (STATUS, MESSAGE, CREDIT):
            if self.state == CONNECTING:
                raise Broken(f"kind {kind} before HELLO")
            call = self.calls.get(header.call_id)
            if call is None:
                return
            if kind == STATUS:
                call.on_status(header, payload, status_of(header))
            elif kind == MESSAGE:
                call.on_message(header, payload)
            else:
                call.on_credit(header)

    # Time

    @property
    def _interval(self):
        return limit(self.peer, "heartbeat_interval_ms") / 1e3

    def next_time(self):
        """When `tick` has something to do at the latest."""
        if self.state == CONNECTING:
            return self._connect_until
        times = [call.deadline for call in self.calls.values() if call.deadline is not None and call.keeps_deadline]
        return min(times + [max(self._heard, self._pinged) + self._interval])

    def tick(self, now):
        """Deadlines, PING, and whether the server is still alive."""
        for call in list(self.calls.values()):
            if call.deadline is not None and call.keeps_deadline and call.deadline <= now:
                call.abandon(DEADLINE_EXCEEDED, "the deadline passed")
        if self.state == CONNECTING and now >= self._connect_until:
            self.lose(Status(UNAVAILABLE, "no HELLO within the connect timeout"))
        if self.state in (READY, DRAINING):
            if now - self._ticked > 2 * self._interval:
                self._heard = now  # this process was stopped, not the server
            elif now - self._heard >= self._interval * limit(self.peer, "heartbeat_liveness"):
                self.lose(Status(UNAVAILABLE, "the server gave no sign of life"))
            elif now - max(self._heard, self._pinged) >= self._interval:
                self._pinged, self._ping = now, self._ping + 1
                self.send(PING, sequence=self._ping)
        self._ticked = now
