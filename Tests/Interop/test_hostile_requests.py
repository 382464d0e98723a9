"""CALLs that break a rule by themselves (the second table of 6.5): the answer is the call's alone."""

import unittest

from hostile_case import CHAT, COLLECT, EXPAND, GET, REQUEST, HostileCase, nested
from messages import EchoRequest, EveryType
from rdrec_wire import CANCEL, INTERNAL, OK, RESOURCE_EXHAUSTED, STATUS, UNIMPLEMENTED

SLOW = EchoRequest(delay_ms=60_000).SerializeToString()


class CallFieldTests(HostileCase):
    options = (*HostileCase.options, "--max-calls-in-flight", 2)

    def test_a_request_longer_than_the_limit_gets_resource_exhausted_that_names_the_limit(self):
        peer = self.peer()
        for size in (peer.limits.max_frame_bytes + 1, 2 * peer.limits.max_frame_bytes):
            with self.subTest(size=size), self.counted("frame_bytes"):
                peer = self.peer()
                self.open(peer, 1, GET, bytes(size))
                self.assert_tells(peer.expect(STATUS, RESOURCE_EXHAUSTED, call_id=1), "max_frame_bytes")
                self.assert_served(peer, 2)

    def test_metadata_longer_than_the_limit_gets_resource_exhausted_that_names_the_limit(self):
        peer = self.peer()
        metadata = [{"key": "k", "value": bytes(1_000)}] * (peer.limits.max_metadata_bytes // 1_000 + 1)
        with self.counted("metadata"):
            self.open(peer, 1, GET, REQUEST, metadata=metadata)
            self.assert_tells(peer.expect(STATUS, RESOURCE_EXHAUSTED, call_id=1), "max_metadata_bytes")
        self.assert_served(peer, 2)

    def test_a_client_that_takes_no_trailers_has_its_reply_all_the_same(self):
        peer = self.peer(limits={"max_metadata_bytes": 1})
        self.open(peer, 1, GET, REQUEST)
        peer.expect(STATUS, OK, call_id=1)

    def test_metadata_of_exactly_the_limit_is_taken(self):
        peer = self.peer()
        with self.counted():
            self.open(peer, 1, GET, REQUEST, metadata=[{"key": "k", "value": bytes(peer.limits.max_metadata_bytes - 1)}])
            peer.expect(STATUS, OK, call_id=1)

    def test_a_metadata_key_that_is_not_allowed_gets_internal(self):
        peer = self.peer()
        for number, key in enumerate(["", "k" * 65, "Upper", "a b", "a:b", "a\n", "ü", "a/b"], 1):
            with self.subTest(key=key), self.counted("metadata"):
                self.open(peer, number, GET, REQUEST, metadata=[{"key": key, "value": b"v"}])
                self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=number))
        self.assert_served(peer, 100)

    def test_reserved_metadata_keys_that_nobody_knows_are_ignored(self):
        peer = self.peer()
        with self.counted():
            self.open(peer, 1, GET, REQUEST, metadata=[{"key": "rdrec-x", "value": b"v"}, {"key": "grpc-timeout", "value": b"1S"}])
            peer.expect(STATUS, OK, call_id=1)

    def test_a_method_of_more_than_256_bytes_gets_internal(self):
        peer = self.peer()
        self.open(peer, 1, "/" + "m" * 256, REQUEST)
        self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=1))
        self.open(peer, 2, "/" + "m" * 255, REQUEST)
        peer.expect(STATUS, UNIMPLEMENTED, call_id=2)

    def test_a_payload_where_requests_stream_gets_internal(self):
        peer = self.peer()
        for number, method in enumerate((COLLECT, CHAT), 1):
            with self.subTest(method=method), self.counted("payload"):
                self.open(peer, number, method, REQUEST)
                self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=number))
        self.assert_served(peer, 100)

    def test_requests_that_break_a_rule_of_2_1_get_internal(self):
        bad = {
            "cut": b"\x0a\x05ab",
            "bad UTF-8": b"\x0a\x01\xff",
            "NUL in a string": b"\x0a\x03a\0b",
            "a field twice": b"\x18\x01\x18\x02",
            "a wrong wire type": b"\x1a\x01\x01",
            "a group": b"\x0b\x0c",
            "a length of 4 GiB": b"\x12\xff\xff\xff\xff\x0f",
            "20,000 groups, one in the other": b"\x5b" * 20_000 + b"\x5c" * 20_000,
            "300,000 unknown fields": b"\x38\x01" * 300_000,
        }
        peer = self.peer()
        for number, (what, payload) in enumerate(bad.items(), 1):
            with self.subTest(what), self.counted("payload"):
                self.open(peer, number, GET, payload)
                self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=number))
        self.assert_served(peer, 100)

    def test_unknown_bytes_that_nest_20000_deep_are_skipped(self):
        peer = self.peer()
        with self.counted():
            self.open(peer, 1, GET, REQUEST + nested(20_000))
            peer.expect(STATUS, OK, call_id=1)

    def test_a_oneof_with_two_members_and_too_many_elements_get_internal(self):
        bad = {
            "two members": EveryType(number=1).SerializeToString() + EveryType(word="w").SerializeToString(),
            "one member twice": EveryType(nested={"level": 1}).SerializeToString() * 2,
            "262,145 packed elements": EveryType(flags=[True] * 262_145).SerializeToString(),
            "a packed field that is cut inside": b"\x92\x01\x01\x80",
        }
        peer = self.peer()
        for number, (what, payload) in enumerate(bad.items(), 1):
            with self.subTest(what), self.counted("payload"):
                self.open(peer, number, "/rdrec.test.v1.Echo/Mirror", payload)
                self.assert_tells(peer.expect(STATUS, INTERNAL, call_id=number))
        self.assert_served(peer, 100)

    def test_repeated_scalars_may_be_packed_or_not_and_unknown_enum_values_are_kept(self):
        peer = self.peer()
        with self.counted():
            payload = b"\x90\x01\x01\x90\x01\x02" + EveryType(counts=[3], colours=[99], colour=50).SerializeToString() + b"\xf8\x7f\x01"
            self.open(peer, 1, "/rdrec.test.v1.Echo/Mirror", payload)
            peer.expect(STATUS, OK, call_id=1)
        reply = EveryType.FromString(peer.payload)
        self.assertEqual((list(reply.counts), list(reply.colours), reply.colour), ([1, 2, 3], [99], 50))

    def test_more_calls_than_max_calls_in_flight_get_resource_exhausted_with_retry_info(self):
        peer = self.peer()
        for call_id in (1, 2):
            self.open(peer, call_id, GET, SLOW)
        self.open(peer, 3, GET, REQUEST)
        header = peer.expect(STATUS, RESOURCE_EXHAUSTED, call_id=3)
        self.assertEqual([d.type for d in header.details], ["rdrec.rpc.v1.RetryInfo"])
        peer.send(CANCEL, call_id=1)
        self.assert_served(peer, 4)

    def test_a_deadline_of_the_highest_number_is_taken(self):
        peer = self.peer()
        with self.counted():
            self.open(peer, 1, GET, REQUEST, timeout_us=2**64 - 1)
            peer.expect(STATUS, OK, call_id=1)
            self.open(peer, 2, EXPAND, EchoRequest(count=1, delay_ms=60_000).SerializeToString(), timeout_us=1)
            peer.expect(STATUS, 4, call_id=2)

    def test_fields_that_a_kind_does_not_list_are_ignored(self):
        peer = self.peer()
        with self.counted():
            self.open(peer, 1, GET, REQUEST, status=99, status_message="x", message_count=7, sequence=3, credit_messages=1, limits={})
            peer.expect(STATUS, OK, call_id=1)


if __name__ == "__main__":
    unittest.main()
