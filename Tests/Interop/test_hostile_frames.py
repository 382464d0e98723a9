"""Frames and headers that break section 2: dropped from an unknown connection, the end of a ready one."""

import random
import unittest

from hostile_case import GET, REQUEST, HostileCase, nested, varint
from rdrec_wire import BYE, CALL, CANCEL, CREDIT, HALF_CLOSE, HELLO, MESSAGE, PING, PONG, UNAVAILABLE, UNIMPLEMENTED, pack


EPOCH = b"\x19" + (7).to_bytes(8, "little")  # field 3, fixed64
# Appended to an honest header each of these breaks a rule of 2.1.
BAD_ENDINGS = {
    "a cut tag": b"\x80",
    "a tag of six bytes": b"\x88\x80\x80\x80\x80\x00\x00",
    "a tag of more than 32 bits": b"\xff\xff\xff\xff\x7f\x00",
    "a varint of eleven bytes": b"\x20" + b"\x80" * 10 + b"\x01",
    "a cut varint": b"\x20\x80",
    "a cut fixed32": b"\xfd\x7f\x00\x00",
    "a cut fixed64": b"\xf9\x7f\0\0\0\0",
    "a length over the end": b"\x82\x7d\x05abc",
    "a length of 4 GiB": b"\x32" + varint(2**32 - 1),
    "a length of 2^63": b"\x32" + varint(2**63),
    "a length of 2^64 - 1": b"\x32" + varint(2**64 - 1),
    "a start of group": b"\x83\x7d\x84\x7d",
    "an end of group": b"\x84\x7d",
    "wire type 6": b"\x86\x7d",
    "wire type 7": b"\x87\x7d",
    "field number 0": b"\x00\x00",
    "a length-delimited version": b"\x0a\x01\x01",
    "a varint for a string": b"\x30\x01",
    "a field twice": b"\x08\x01",
    "the epoch twice": EPOCH,
    "limits twice": b"\x7a\x00\x7a\x00",
    "a string with NUL": b"\x52\x03a\0b",
    "a string with a lone surrogate": b"\x52\x03\xed\xa0\x80",
    "a string with an overlong slash": b"\x52\x02\xc0\xaf",
    "a string that is cut inside a character": b"\x52\x01\xc3",
    "a string above U+10FFFF": b"\x52\x04\xf4\x90\x80\x80",
    "a bad string inside a message": b"\x42\x05\x0a\x03a\0b",
    "a detail that is cut inside": b"\x5a\x02\x0a\x05",
    "20,000 metadata that are unknown bytes": b"\x42\x01\xff" * 20_000,
}


class FrameTests(HostileCase):
    def test_one_three_or_five_frames_break_a_ready_connection(self):
        for count in (1, 3, 5):
            with self.subTest(frames=count), self.counted("frame_count"):
                peer = self.peer()
                peer.frames(*[peer.header(PING, sequence=1), *[b""] * (count - 1)])
                self.assert_broken(peer)

    def test_a_broken_connection_is_forgotten(self):
        peer = self.peer()
        with self.counted("frame_count"):
            peer.frames(b"")
            self.assert_broken(peer)
        with self.counted("unknown_peer"):
            peer.expect_forgotten()

    def test_one_three_or_five_frames_of_an_unknown_connection_are_dropped(self):
        peer = self.peer(hello=False)
        for count in (1, 3, 5):
            with self.subTest(frames=count), self.counted("frame_count", "unknown_peer"):
                peer.frames(*[peer.header(HELLO), *[b""] * (count - 1)])
                peer.expect_silence()

    def test_a_thousand_frames_are_dropped_or_break(self):
        with self.counted(frame_count=2):
            self.peer(hello=False).frames(*[b"x"] * 1_000)
            peer = self.peer()
            peer.frames(*[b"x"] * 1_000)
            self.assert_broken(peer)

    def test_frames_longer_than_zeromqs_limit_lose_the_connection_and_nothing_else(self):
        peer = self.peer()
        limit = max(2 * peer.limits.max_frame_bytes, 256 * 1024)
        with self.counted():
            peer.frames(peer.header(CALL, call_id=1, method=GET), bytes(limit + 1))
            self.assertTrue(peer.disconnected())


class HeaderTests(HostileCase):
    def filling(self, size):
        """So many bytes of an unknown field (number 2047, length-delimited), which are skipped."""
        return b"\xfa\x7f" + varint(size - 5) + bytes(size - 5)

    def test_a_header_of_65536_bytes_is_read_and_one_more_byte_is_not(self):
        peer = self.peer()
        honest = peer.header(PING, sequence=9)
        padding = 65_536 - len(honest)
        with self.counted():
            peer.frames(honest + self.filling(padding), b"")
            peer.expect(PONG, sequence=9)
        with self.counted("header"):
            peer.frames(honest + self.filling(padding + 1), b"")
            self.assert_broken(peer)

    def test_headers_that_break_a_rule_break_a_ready_connection(self):
        for what, ending in BAD_ENDINGS.items():
            with self.subTest(what), self.counted("header"):
                peer = self.peer()
                peer.frames(peer.header(PING, sequence=1) + ending, b"")
                self.assert_broken(peer)

    def test_headers_that_break_a_rule_are_dropped_from_an_unknown_connection(self):
        peer = self.peer(hello=False)
        for what, ending in BAD_ENDINGS.items():
            with self.subTest(what), self.counted("header", "unknown_peer"):
                peer.frames(peer.header(HELLO) + ending, b"")
                peer.expect_silence()

    def test_unknown_bytes_that_nest_13000_deep_are_skipped(self):
        peer = self.peer()
        with self.counted():
            peer.frames(peer.header(PING, sequence=3) + nested(13_000, number=31), b"")
            peer.expect(PONG, sequence=3)

    def test_random_bytes_are_dropped_or_break_and_nothing_else(self):
        generator = random.Random(20)
        for _ in range(300):
            peer = self.peer(hello=False)
            peer.frames(generator.randbytes(generator.randrange(200)), generator.randbytes(generator.randrange(200)))
            peer.close()
        for _ in range(50):
            peer = self.peer()
            peer.frames(generator.randbytes(1 + generator.randrange(200)), b"")
            self.assertEqual(peer.receive()[0].kind, BYE)
        self._served_honestly()

    def test_every_cut_of_a_header_is_dropped_or_answered_and_nothing_else(self):
        whole = pack(CALL, 77, call_id=1, method=GET, timeout_us=10**6, metadata=[{"key": "k", "value": b"v"}])[0]
        for length in range(len(whole)):
            peer = self.peer(hello=False)
            peer.frames(whole[:length], REQUEST)
            peer.send(PING, sequence=1)
            self.assertEqual(peer.receive()[0].kind, BYE)
            peer.close()
        self._served_honestly()

    def test_mutated_headers_are_answered_or_dropped_and_nothing_else(self):
        generator = random.Random(21)
        for _ in range(60):
            peer = self.peer()
            whole = bytearray(peer.header(CALL, call_id=1, method=GET, timeout_us=10**9, metadata=[{"key": "k", "value": b"v"}]))
            for call in range(20):
                mutated = bytearray(whole)
                for _ in range(1 + generator.randrange(3)):
                    mutated[generator.randrange(len(mutated))] = generator.randrange(256)
                peer.frames(bytes(mutated), REQUEST)
            peer.send(PING, sequence=2**60)
            while True:
                header, _ = peer.receive()
                if header.kind == BYE or header.sequence == 2**60:
                    break
        self._served_honestly()


class VersionAndKindTests(HostileCase):
    def test_a_payload_where_none_belongs_is_ignored(self):
        peer = self.peer()
        with self.counted():
            peer.send(PING, b"\xff" * 1_000, sequence=5)
            peer.expect(PONG, sequence=5)

    def test_another_version_gets_bye_with_unimplemented_that_names_the_version_spoken(self):
        for version in (0, 2, 2**32 - 1):
            for hello in (False, True):
                with self.subTest(version=version, ready=hello), self.counted("version"):
                    peer = self.peer(hello=hello)
                    peer.send(HELLO if not hello else PING, version=version)
                    self.assert_tells(peer.expect(BYE, UNIMPLEMENTED), "1")

    def test_unknown_kinds_and_kinds_of_servers_break_a_ready_connection(self):
        for kind in (0, 5, 10, 12, 77, 2**31 - 1, -1):
            with self.subTest(kind=kind), self.counted("kind"):
                peer = self.peer()
                peer.send(kind, call_id=1)
                self.assert_broken(peer)

    def test_a_second_hello_of_the_epoch_breaks_the_connection(self):
        peer = self.peer()
        with self.counted("state"):
            peer.send(HELLO)
            self.assert_broken(peer)

    def test_a_hello_of_another_epoch_starts_anew_and_forgets_the_old_calls(self):
        peer = self.peer()
        self.open(peer, 5)
        with self.counted():
            peer.epoch += 1 if peer.epoch < 2**64 - 1 else -1
            peer.send(HELLO)
            peer.expect(HELLO)
            self.assert_served(peer, 1)

    def test_anything_but_hello_pong_and_bye_of_an_unknown_connection_gets_bye_with_unavailable(self):
        for kind in (CALL, MESSAGE, HALF_CLOSE, CANCEL, CREDIT, PING):
            with self.subTest(kind=kind), self.counted("unknown_peer"):
                peer = self.peer(hello=False)
                peer.send(kind, call_id=1, method=GET)
                peer.expect(BYE, UNAVAILABLE)

    def test_pong_and_bye_of_an_unknown_connection_are_dropped(self):
        peer = self.peer(hello=False)
        with self.counted(unknown_peer=3):  # with the PING that proves the silence
            peer.send(PONG, sequence=1)
            peer.send(BYE)
            peer.expect_silence()

    def test_a_bye_forgets_the_connection_and_its_calls(self):
        peer = self.peer()
        self.open(peer, 1)
        peer.send(BYE)
        with self.counted("unknown_peer"):
            peer.expect_forgotten()


class EpochTests(HostileCase):
    def test_the_first_fault_in_the_order_of_section_8_decides(self):
        faults = [  # ready, reason, what is sent
            (True, "version", {"version": 2, "epoch": 3, "kind": 77}),
            (False, "version", {"version": 2, "epoch": 0, "kind": HELLO}),
            (False, "unknown_peer", {"epoch": 3, "kind": 77}),
            (True, "epoch", {"epoch": 3, "kind": 77}),
            (True, "kind", {"kind": 77, "call_id": 0}),
            (True, "call_id", {"kind": MESSAGE, "call_id": 0, "sequence": 9}),
        ]
        for ready, reason, fields in faults:
            with self.subTest(reason=reason, **fields), self.counted(reason):
                peer = self.peer(hello=ready)
                peer.send(**fields)
                if reason != "epoch":
                    self.assertEqual(peer.receive()[0].kind, BYE)
                else:
                    peer.expect_silence()

    def test_a_hello_of_epoch_0_gets_bye_with_internal(self):
        peer = self.peer(hello=False)
        with self.counted("epoch"):
            peer.epoch = 0
            peer.send(HELLO)
            self.assert_broken(peer)

    def test_messages_of_another_epoch_are_dropped(self):
        peer = self.peer()
        other = peer.epoch ^ 1
        for epoch in (0, other):
            for kind in (CALL, MESSAGE, HALF_CLOSE, CANCEL, CREDIT, PING, BYE):
                with self.subTest(epoch=epoch, kind=kind), self.counted("epoch"):
                    peer.send(kind, REQUEST, epoch=epoch, call_id=1, method=GET)
                    peer.expect_silence()
        self.assert_served(peer, 1)


class RoutingIDTests(HostileCase):
    def test_a_self_chosen_routing_id_gets_silence(self):
        peers = [self.peer(hello=False, routing_id=b"mallory", endpoint=endpoint) for endpoint in self.server.endpoints]
        with self.counted(routing_id=2):
            for peer in peers:
                peer.send(HELLO)
        # The server has counted, so an answer would be on its way before what the honest client is answered now.
        self._served_honestly()
        self.assertEqual([peer.socket.poll(50) for peer in peers], [0, 0])


if __name__ == "__main__":
    unittest.main()
