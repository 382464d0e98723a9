"""A server after SIGTERM, frame by frame (the row *draining* of 6.4)."""

import unittest

from hostile_case import CHAT, GET, REQUEST, HostileCase
from messages import EchoRequest, RetryInfo
from rdrec_wire import (BYE, CANCEL, GOAWAY, HALF_CLOSE, HELLO, MESSAGE, OK, PING, PONG, STATUS, UNAVAILABLE)

SLOW = EchoRequest(delay_ms=60_000).SerializeToString()


class DrainingTests(HostileCase):
    def setUp(self):
        super().setUp()
        self.newcomer = self.peer(hello=False)
        self.newcomer.expect_silence()  # connected before the server stops listening
        self.ready = self.peer()
        self.open(self.ready, 1, CHAT)
        self.open(self.ready, 2, GET, SLOW)
        self.ready.expect_silence()
        self.server.terminate()
        self.ready.expect(GOAWAY)

    def finish(self):
        """What is open ends, so the server does, with 0."""
        self.chat.cancel()
        self.ready.send(CANCEL, call_id=1)
        self.ready.send(CANCEL, call_id=2)
        self.assertEqual(self.server.wait(), 0)

    def test_a_call_gets_unavailable_with_retry_info_and_open_calls_go_on(self):
        self.open(self.ready, 3, GET, REQUEST)
        header = self.ready.expect(STATUS, UNAVAILABLE, call_id=3)
        details = {d.type: d.value for d in header.details}
        self.assertGreater(RetryInfo.FromString(details["rdrec.rpc.v1.RetryInfo"]).retry_delay_ms, 0)
        self.ready.send(MESSAGE, REQUEST, call_id=1)
        self.ready.expect(MESSAGE, call_id=1)
        self.ready.send(HALF_CLOSE, call_id=1, message_count=1)
        self.ready.expect(STATUS, OK, call_id=1, message_count=1)
        self.finish()

    def test_ping_is_answered_and_pong_ignored(self):
        self.ready.send(PONG)
        self.ready.send(PING, sequence=4)
        self.ready.expect(PONG, sequence=4)
        self.finish()

    def test_a_hello_gets_bye_with_unavailable(self):
        self.newcomer.send(HELLO)
        self.newcomer.expect(BYE, UNAVAILABLE)
        self.finish()

    def test_a_hello_of_another_epoch_on_the_connection_itself_gets_bye_with_unavailable(self):
        self.ready.epoch ^= 1 << 20
        self.ready.send(HELLO)
        self.ready.expect(BYE, UNAVAILABLE)
        self.ready.epoch ^= 1 << 20
        self.finish()

    def test_a_second_hello_of_the_epoch_gets_bye_with_unavailable(self):
        self.ready.send(HELLO)
        self.ready.expect(BYE, UNAVAILABLE)
        self.chat.cancel()
        self.assertEqual(self.server.wait(), 0)

    def test_what_breaks_a_ready_connection_breaks_a_draining_one(self):
        self.ready.send(GOAWAY)
        self.assert_broken(self.ready)
        self.chat.cancel()
        self.assertEqual(self.server.wait(), 0)

    def test_a_bye_forgets_the_calls_so_the_server_can_end(self):
        self.ready.send(BYE)
        self.chat.cancel()
        self.assertEqual(self.server.wait(), 0)


if __name__ == "__main__":
    unittest.main()
