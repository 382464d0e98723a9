"""One call on the client (PROTOCOL.md 4, 5 and 6.6): numbers, credit of both directions, and the one status it ends with."""

from collections import deque

from google.protobuf.message import DecodeError

from rdrec_wire import (CALL, CANCEL, CREDIT, DATA_LOSS, HALF_CLOSE, INTERNAL, MESSAGE, OK, RESOURCE_EXHAUSTED, Status, limit)


class Call:
    """Holds no lock and no socket: whoever uses it holds the client's lock, and what it sends goes to its connection's `outgoing`."""

    def __init__(self, method, request=b"", deadline=None, metadata=(), grants=True, keeps_deadline=True):
        """`deadline` is monotonic seconds; `grants` sends CREDIT as messages are taken; `keeps_deadline` ends a late call here."""
        self.method = method
        self.request = request
        self.deadline = deadline
        self.metadata = list(metadata)
        self.grants = grants
        self.keeps_deadline = keeps_deadline
        self.connection = None
        self.id = 0
        self.status = None
        self.reply = None
        self.inbox = deque()  # (message, bytes of its payload)
        self.sent = self.received = 0
        self.half_closed = not method.requests_stream

    def begin(self, connection, call_id, now):
        """Sends CALL, once the connection is ready."""
        self.connection, self.id = connection, call_id
        self.out_messages = limit(connection.peer, "initial_credit_messages")
        self.out_bytes = limit(connection.peer, "initial_credit_bytes")
        self.in_messages = connection.limits.initial_credit_messages
        self.in_bytes = connection.limits.initial_credit_bytes
        self.taken_messages = self.taken_bytes = 0
        left = 0 if self.deadline is None else max(1, int((self.deadline - now) * 1e6))
        metadata = [{"key": key, "value": value} for key, value in self.metadata]
        self._send(CALL, self.request, method=self.method.name, timeout_us=left, metadata=metadata)

    def _send(self, kind, payload=b"", **fields):
        self.connection.send(kind, payload, call_id=self.id, **fields)

    # Sending

    @property
    def may_send(self):
        """Whether both accounts are above 0."""
        return self.connection is not None and self.out_messages > 0 and self.out_bytes > 0

    def send(self, payload):
        """Sends one message of the stream; without credit too, which only a hostile client does."""
        if len(payload) > limit(self.connection.peer, "max_frame_bytes"):
            return self.abandon(RESOURCE_EXHAUSTED, "the message is longer than the server's max_frame_bytes")
        self.out_messages -= 1
        self.out_bytes -= len(payload)
        self._send(MESSAGE, payload, sequence=self.sent)
        self.sent += 1

    def half_close(self):
        """Says that nothing more will be sent."""
        if not self.half_closed:
            self.half_closed = True
            self._send(HALF_CLOSE, message_count=self.sent)

    def abandon(self, code, message):
        """Ends the call by itself, and tells the server where it knows of the call."""
        if self.status is None:
            if self.connection is not None:
                self._send(CANCEL)
            self.end(Status(code, message))

    def end(self, status):
        """The one status."""
        self.status = status
        if self.connection is not None:
            self.connection.ended(self)

    # Receiving

    def on_credit(self, header):
        """A grant of the server."""
        self.out_messages = min(self.out_messages + header.credit_messages, 2**31 - 1)
        self.out_bytes = min(self.out_bytes + header.credit_bytes, 2**53)

    def on_message(self, header, payload):
        """A message of the responses' stream."""
        if not self.method.responses_stream:
            return self.abandon(INTERNAL, "a MESSAGE where responses do not stream")
        if len(payload) > self.connection.limits.max_frame_bytes:
            return self.abandon(RESOURCE_EXHAUSTED, "a message longer than max_frame_bytes")
        if header.sequence != self.received:
            return self.abandon(DATA_LOSS, f"message {header.sequence} where {self.received} is next")
        if self.in_messages <= 0 or self.in_bytes <= 0:
            return self.abandon(RESOURCE_EXHAUSTED, "a message without credit")
        message = self._parse(payload)
        if message is not None:
            self.received += 1
            self.in_messages -= 1
            self.in_bytes -= len(payload)
            self.inbox.append((message, len(payload)))

    def on_status(self, header, payload, status):
        """The end. An OK is believed only with all messages and a reply that unpacks."""
        if status.code == OK and header.message_count != self.received:
            status = Status(DATA_LOSS, f"{self.received} messages of {header.message_count} arrived")
        if status.code == OK and not self.method.responses_stream:
            try:
                self.reply = self.method.response.FromString(payload)
            except (DecodeError, UnicodeDecodeError) as error:
                status = Status(INTERNAL, f"the reply does not unpack: {error}")
        self.end(status)

    def _parse(self, payload):
        try:
            return self.method.response.FromString(payload)
        except (DecodeError, UnicodeDecodeError) as error:
            self.abandon(INTERNAL, f"a message does not unpack: {error}")

    def take(self):
        """The next message of the stream; grants anew once half of an initial credit has been taken."""
        message, size = self.inbox.popleft()
        self.taken_messages += 1
        self.taken_bytes += size
        mine = self.connection.limits
        half = self.taken_messages * 2 >= mine.initial_credit_messages or self.taken_bytes * 2 >= mine.initial_credit_bytes
        if self.grants and half:
            self.grant(self.taken_messages, self.taken_bytes)
            self.taken_messages = self.taken_bytes = 0
        return message

    def grant(self, messages, size):
        """Allows the server so much more."""
        if self.status is None:
            self.in_messages += messages
            self.in_bytes += size
            self._send(CREDIT, credit_messages=messages, credit_bytes=size)
