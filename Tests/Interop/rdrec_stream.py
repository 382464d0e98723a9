"""A call as its caller sees it: blocking, usable from any thread."""


from rdrec_wire import CANCELLED, OK, RpcError


class Stream:
    """Waits of more than `patience` seconds raise TimeoutError: a deadline of the call is the call's own `timeout`."""

    patience = 20

    def __init__(self, client, call):
        self._client = client
        self._call = call

    def _wait(self, condition, timeout=None):
        if not self._client.lock.wait_for(condition, self.patience if timeout is None else timeout):
            raise TimeoutError(f"{self._call.method.name}: nothing happened")

    def _check(self):
        status = self._call.status
        if status is not None and status.code != OK:
            raise RpcError(status)

    def send(self, message, timeout=None, without_credit=False):
        """Sends one message as soon as there is credit; raises RpcError where the call has ended."""
        call = self._call
        with self._client.lock:
            self._wait(lambda: call.status is not None or call.may_send or (without_credit and call.connection is not None), timeout)
            self._check()
            if call.status is None:
                call.send(message.SerializeToString())
                self._client.changed()

    def half_close(self):
        """Ends the requests."""
        call = self._call
        with self._client.lock:
            self._wait(lambda: call.status is not None or call.connection is not None)
            if call.status is None:
                call.half_close()
                self._client.changed()

    def receive(self, timeout=None):
        """The next message; None at an end with OK; raises RpcError at another end, after what had arrived."""
        call = self._call
        with self._client.lock:
            self._wait(lambda: call.inbox or call.status is not None, timeout)
            if call.inbox:
                message = call.take()
                self._client.changed()
                return message
            self._check()
            return None

    def __iter__(self):
        while (message := self.receive()) is not None:
            yield message

    def result(self, timeout=None):
        """The reply (None where responses stream), once the call has ended."""
        call = self._call
        with self._client.lock:
            self._wait(lambda: call.status is not None, timeout)
            self._check()
            return call.reply

    def status(self, timeout=None):
        """The status the call ends with."""
        with self._client.lock:
            self._wait(lambda: self._call.status is not None, timeout)
            return self._call.status

    def arrived(self, count, timeout=None):
        """Waits until so many messages have arrived, without taking them; returns how many there are."""
        with self._client.lock:
            self._wait(lambda: self._call.received >= count or self._call.status is not None, timeout)
            self._check()
            return self._call.received

    def cancel(self):
        """Gives up."""
        with self._client.lock:
            self._call.abandon(CANCELLED, "cancelled by the caller")
            self._client.changed()

    def grant(self, messages, size):
        """Credit by hand, for a call that does not grant by itself."""
        with self._client.lock:
            self._wait(lambda: self._call.connection is not None or self._call.status is not None)
            self._call.grant(messages, size)
            self._client.changed()

    @property
    def credit(self):
        """What this side may send: (messages, bytes)."""
        with self._client.lock:
            return self._call.out_messages, self._call.out_bytes

    def wait_credit(self, messages, timeout=None):
        """Waits until so many messages may be sent."""
        with self._client.lock:
            self._wait(lambda: self._call.status is not None or self._call.out_messages >= messages, timeout)
            self._check()
