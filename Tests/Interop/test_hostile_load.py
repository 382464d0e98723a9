"""Clients that send much or take nothing: the server stays small and serves the others."""

import pathlib
import re
import unittest

from echo_process import eventually
from hostile_case import EXPAND, GET, HostileCase
from messages import EchoRequest
from rdrec_wire import CALL, CANCEL, MESSAGE, OK, PING, STATUS

SLOW = EchoRequest(delay_ms=60_000).SerializeToString()
BOUNDLESS = {"max_frame_bytes": 2**22, "initial_credit_messages": 2**31 - 1, "initial_credit_bytes": 2**52}


class LoadTests(HostileCase):
    MOST_MEBIBYTES = 200

    def resident_kibibytes(self):
        status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def assert_small(self):
        self.assertLess(self.resident_kibibytes() // 1024, self.MOST_MEBIBYTES)

    def test_pings_whose_pongs_nobody_takes(self):
        peer = self.peer()
        with self.counted():
            for number in range(50_000):
                peer.send(PING, sequence=number)
        self.assert_small()

    def test_a_stream_with_all_the_credit_there_is_and_nobody_who_takes_it(self):
        peer = self.peer(takes=10, limits=BOUNDLESS)
        peer.send(CALL, EchoRequest(count=2**32 - 1, response_bytes=10_000).SerializeToString(), call_id=1, method=EXPAND)

        def stopped():
            # What libzmq and the server hold for the peer no longer grows, long before its stream is over.
            held, self.held = getattr(self, "held", -1), self.resident_kibibytes()
            self.assert_small()
            self._served_honestly()
            return abs(self.held - held) < 256

        eventually(stopped, "the handler waits for the peer that takes nothing", 30)

    def test_a_client_that_takes_all_it_granted_keeps_its_connection(self):
        peer = self.peer(takes=10, limits=BOUNDLESS)
        count = 200_000
        peer.send(CALL, EchoRequest(count=count, response_bytes=1_000).SerializeToString(), call_id=1, method=EXPAND)
        for number in range(count):
            peer.expect(MESSAGE, call_id=1, sequence=number)
        peer.expect(STATUS, OK, call_id=1, message_count=count)

    def test_calls_that_are_cancelled_as_soon_as_they_are_opened(self):
        peer = self.peer()
        with self.counted():
            for number in range(1, 5_001):
                self.open(peer, number, GET, SLOW)
                peer.send(CANCEL, call_id=number)
            peer.expect_silence()
        self.assert_small()

    def test_connections_that_come_and_go(self):
        for _ in range(200):
            peer = self.peer()
            self.open(peer, 1, GET, SLOW)
            peer.close()
        self._served_honestly()
        self.assert_small()


if __name__ == "__main__":
    unittest.main()
