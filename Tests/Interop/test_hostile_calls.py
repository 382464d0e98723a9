"""Calls that break the tables 6.5 and 8: the answer is the call's alone, unless the id itself is wrong."""

import unittest

from hostile_case import CHAT, EXPAND, GET, REQUEST, HostileCase
from messages import EchoRequest
from rdrec_wire import CALL, CANCEL, CREDIT, DATA_LOSS, HALF_CLOSE, INTERNAL, MESSAGE, OK, RESOURCE_EXHAUSTED, STATUS

SLOW = EchoRequest(delay_ms=60_000).SerializeToString()


class CallIDTests(HostileCase):
    def test_cancel_and_credit_of_call_0_are_dropped(self):
        peer = self.peer()
        with self.counted():
            for kind in (CANCEL, CREDIT):
                peer.send(kind, call_id=0)
            peer.expect_silence()

    def test_call_id_0_breaks(self):
        for kind in (CALL, MESSAGE, HALF_CLOSE):
            with self.subTest(kind=kind), self.counted("call_id"):
                peer = self.peer()
                peer.send(kind, REQUEST if kind in (CALL, MESSAGE) else b"", call_id=0, method=GET)
                self.assert_broken(peer)

    def test_a_replayed_call_id_breaks_whether_its_call_is_open_or_has_ended(self):
        for first, again in ((SLOW, 5), (REQUEST, 5), (SLOW, 4), (REQUEST, 1)):
            with self.subTest(again=again), self.counted("call_id"):
                peer = self.peer()
                self.open(peer, 5, GET, first)
                if first == REQUEST:
                    peer.expect(STATUS, OK, call_id=5)
                self.open(peer, again, GET, REQUEST)
                self.assert_broken(peer)

    def test_call_ids_may_have_gaps_up_to_the_highest(self):
        peer = self.peer()
        with self.counted():
            for call_id in (7, 1_000, 2**63, 2**64 - 1):
                self.assert_served(peer, call_id)

    def test_message_and_half_close_of_a_call_never_opened_get_internal(self):
        peer = self.peer()
        for kind in (MESSAGE, HALF_CLOSE):
            with self.subTest(kind=kind), self.counted("no_call"):
                peer.send(kind, call_id=9)
                self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=9))
        self.assert_served(peer, 10)

    def test_cancel_and_credit_of_a_call_never_opened_are_dropped(self):
        peer = self.peer()
        with self.counted():
            peer.send(CANCEL, call_id=9)
            peer.send(CREDIT, call_id=9, credit_messages=1)
            peer.expect_silence()
        self.assert_served(peer, 9)

    def test_a_message_of_a_call_never_opened_uses_up_no_id(self):
        peer = self.peer()
        with self.counted("no_call"):
            peer.send(MESSAGE, REQUEST, call_id=4)
            peer.expect(STATUS, INTERNAL, call_id=4)
        self.assert_served(peer, 4)

    def test_whatever_arrives_for_an_ended_call_is_dropped(self):
        peer = self.peer()
        self.assert_served(peer, 3)
        with self.counted():
            for kind in (MESSAGE, HALF_CLOSE, CANCEL, CREDIT):
                peer.send(kind, call_id=3, sequence=8)
            peer.expect_silence()

    def test_cancel_is_not_answered_and_frees_the_id_for_nobody(self):
        peer = self.peer()
        self.open(peer, 1)
        with self.counted():
            peer.send(CANCEL, call_id=1)
            peer.send(CANCEL, call_id=1)
            peer.send(MESSAGE, REQUEST, call_id=1)
            peer.expect_silence()


class StreamRuleTests(HostileCase):
    def test_message_and_half_close_after_the_half_close_get_internal(self):
        for kind in (MESSAGE, HALF_CLOSE):
            with self.subTest(kind=kind), self.counted("half_closed"):
                peer = self.peer()
                self.open(peer, 1, CHAT)
                peer.send(MESSAGE, SLOW, call_id=1)  # keeps the handler busy
                peer.send(HALF_CLOSE, call_id=1, message_count=1)
                peer.send(kind, call_id=1, sequence=1, message_count=1)
                self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=1))
                self.assert_served(peer, 2)

    def test_message_and_half_close_on_a_call_whose_requests_do_not_stream_get_internal(self):
        for method in (GET, EXPAND):
            for kind in (MESSAGE, HALF_CLOSE):
                with self.subTest(method=method, kind=kind), self.counted("half_closed"):
                    peer = self.peer()
                    self.open(peer, 1, method, EchoRequest(delay_ms=60_000, count=1).SerializeToString())
                    peer.send(kind, call_id=1)
                    self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=1))
                    peer.send(kind, call_id=1)
                    peer.expect_silence()

    def test_a_gap_a_repetition_and_a_first_number_other_than_0_get_data_loss(self):
        for numbers in ((1,), (0, 2), (0, 0), (0, 2**64 - 1)):
            with self.subTest(numbers=numbers), self.counted("sequence"):
                peer = self.peer()
                self.open(peer, 1)
                for number in numbers:
                    peer.send(MESSAGE, REQUEST, call_id=1, sequence=number)
                self.assert_tells(peer.expect(STATUS, DATA_LOSS, call_id=1))
                self.assert_served(peer, 2)

    def test_a_half_close_with_another_count_gets_data_loss(self):
        for count in (0, 2, 2**64 - 1):
            with self.subTest(count=count), self.counted("sequence"):
                peer = self.peer()
                self.open(peer, 1)
                peer.send(MESSAGE, REQUEST, call_id=1)
                peer.send(HALF_CLOSE, call_id=1, message_count=count)
                self.assert_tells(peer.expect(STATUS, DATA_LOSS, call_id=1))
                self.assert_served(peer, 2)

    def test_a_message_without_credit_gets_resource_exhausted(self):
        peer = self.peer()
        self.open(peer, 1)
        with self.counted("credit"):
            for number in range(peer.limits.initial_credit_messages + 2):
                peer.send(MESSAGE, SLOW, call_id=1, sequence=number)
            self.assert_tells(peer.expect(STATUS, RESOURCE_EXHAUSTED, call_id=1))
        self.assert_served(peer, 2)

    def test_a_message_longer_than_the_limit_gets_resource_exhausted_that_names_the_limit(self):
        peer = self.peer()
        self.open(peer, 1)
        with self.counted("frame_bytes"):
            peer.send(MESSAGE, bytes(peer.limits.max_frame_bytes + 1), call_id=1)
            self.assert_tells(peer.expect(STATUS, RESOURCE_EXHAUSTED, call_id=1), "max_frame_bytes")
        self.assert_served(peer, 2)

    def test_a_message_that_does_not_unpack_gets_internal(self):
        peer = self.peer()
        self.open(peer, 1)
        with self.counted("payload"):
            peer.send(MESSAGE, b"\x0a\x05ab", call_id=1)
            self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=1))
        self.assert_served(peer, 2)


if __name__ == "__main__":
    unittest.main()
