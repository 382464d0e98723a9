"""A test of what no honest client sends: the answer, the counter, and that an honest client beside it is served."""

import contextlib

from echo_process import EchoCase, eventually, malformed
from messages import EchoRequest, echo
from raw_peer import RawPeer
from rdrec_wire import BYE, CALL, INTERNAL, STATUS

GET, PUT, EXPAND, COLLECT, CHAT = ("/rdrec.test.v1.Echo/" + name for name in ("Get", "Put", "Expand", "Collect", "Chat"))
REQUEST = EchoRequest(text="x").SerializeToString()


def varint(value):
    """A varint of any size."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def nested(levels, number=11):
    """Length-delimited fields, one in the other."""
    data = b""
    for _ in range(levels):
        data = varint(number << 3 | 2) + varint(len(data)) + data
    return data


class HostileCase(EchoCase):
    """A server with a slow heartbeat, an honest client with an open stream, and any number of raw peers."""

    options = ("--heartbeat-ms", 60_000)

    def setUp(self):
        self.server = self.serve(*self.options, tcp=True)
        self.honest = self.connect(self.server)
        self.chat = self.honest.open(echo("Chat"))
        self._served_honestly()

    def peer(self, **options):
        """A raw peer of the server under test."""
        peer = RawPeer(options.pop("endpoint", self.server.endpoint), **options)
        self.addCleanup(peer.close)
        return peer

    def _served_honestly(self):
        self.chat.send(EchoRequest(text="honest"))
        self.assertEqual(self.chat.receive().text, "honest")

    @contextlib.contextmanager
    def counted(self, *once, **counts):
        """What happens inside is counted so often under these reasons and under no other; the honest client's open stream goes on."""
        before = malformed(self.honest)
        yield
        self._served_honestly()
        wanted = {**dict.fromkeys(once, 1), **counts}

        def difference():
            after = malformed(self.honest)
            return {r: after[r] - before.get(r, 0) for r in after if after[r] != before.get(r, 0)}

        try:
            eventually(lambda: difference() == wanted, "", timeout=2)
        except AssertionError:
            self.fail(f"counted {difference()}, expected {wanted}")

    def assert_broken(self, peer, *names):
        """BYE with INTERNAL and a message that holds `names`; the server has forgotten the connection."""
        header = peer.expect(BYE, INTERNAL)
        self.assert_tells(header, *names)
        return header

    def assert_tells(self, header, *names):
        """The status message is not empty and holds `names`."""
        self.assertTrue(header.status_message)
        for name in names:
            self.assertIn(name, header.status_message)

    def open(self, peer, call_id, method=COLLECT, payload=b"", **fields):
        """CALL, by default of a method whose requests stream."""
        peer.send(CALL, payload, call_id=call_id, method=method, **fields)

    def assert_served(self, peer, call_id):
        """The peer's own connection still works."""
        self.open(peer, call_id, GET, REQUEST)
        peer.expect(STATUS, 0, call_id=call_id)
