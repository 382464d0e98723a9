"""CURVE on tcp (PROTOCOL.md 9): key files, the allow-list, its renewal on SIGHUP."""

import os
import signal
import tempfile
import unittest
from pathlib import Path

import zmq

from echo_process import EchoCase, eventually
from messages import EchoRequest, echo
from raw_peer import RawPeer
from rdrec_wire import BYE, DEADLINE_EXCEEDED, HELLO, OK, UNAUTHENTICATED, UNAVAILABLE
import test_startup


def keys():
    """A new pair, (public, secret) as Z85 text."""
    return tuple(key.decode() for key in zmq.curve_keypair())


class CurveFiles(EchoCase):
    """A server's key file and an allow-list with one client, in a temporary folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.key_file, self.allow_list = Path(folder.name) / "server.key", Path(folder.name) / "allowed"
        self.server_keys, self.alice, self.bob = keys(), keys(), keys()
        self.write_key_file(*self.server_keys)
        self.allow_list.write_text(f"# who may connect\n{self.alice[0]} alice client worker\n")

    def write_key_file(self, public, secret, mode=0o600):
        self.key_file.write_text(f"public-key {public}\nsecret-key {secret}\n")
        os.chmod(self.key_file, mode)

    @property
    def arguments(self):
        return ("--key-file", str(self.key_file), "--allow-list", str(self.allow_list))


class CurveTests(CurveFiles):
    def setUp(self):
        super().setUp()
        self.server = self.serve(tcp=True, security=self.arguments)
        self.ipc, self.tcp = self.server.endpoints

    def client(self, own, server_key=None):
        """A client with these keys of its own."""
        curve = tuple(key.encode() for key in (server_key or self.server_keys[0], *own))
        return self.connect(self.tcp, curve=curve, connect_timeout=0.5)

    def assert_not_served(self, client):
        status = client.open(echo("Get"), EchoRequest(), timeout=1).status()
        self.assertIn(status.code, (UNAVAILABLE, DEADLINE_EXCEEDED), status)

    def hang_up(self, lines):
        """A new allow-list, and SIGHUP."""
        self.allow_list.write_text("".join(line + "\n" for line in lines))
        os.kill(self.server.pid, signal.SIGHUP)

    def is_served(self, own):
        client = self.client(own)
        served = client.open(echo("Get"), EchoRequest(), timeout=0.5).status().code == OK
        client.close()
        return served

    def test_a_listed_key_is_served_and_called_by_its_name(self):
        self.assertEqual(self.client(self.alice).unary(echo("Get"), EchoRequest(text="x"), timeout=10).peer, "alice")

    def test_streams_and_large_messages_pass(self):
        client = self.client(self.alice)
        self.assertEqual(len(client.unary(echo("Get"), EchoRequest(response_bytes=4_000_000), timeout=20).payload), 4_000_000)
        self.assertEqual([m.count for m in client.open(echo("Expand"), EchoRequest(count=300))], list(range(300)))

    def test_a_key_that_is_not_listed_is_not_served(self):
        self.assert_not_served(self.client(self.bob))
        self.assertEqual(self.client(self.alice).unary(echo("Get"), EchoRequest(), timeout=10).peer, "alice")

    def test_a_listed_public_key_without_its_secret_key_is_not_served(self):
        self.assert_not_served(self.client((self.alice[0], self.bob[1])))

    def test_a_client_that_expects_another_server_is_not_served(self):
        self.assert_not_served(self.client(self.alice, server_key=self.bob[0]))

    def test_a_client_without_curve_is_not_served_on_tcp(self):
        self.assert_not_served(self.connect(self.tcp, connect_timeout=0.5))

    def test_ipc_stays_without_curve(self):
        self.assertEqual(self.connect(self.ipc).unary(echo("Get"), EchoRequest(text="x"), timeout=10).text, "x")

    def test_sighup_admits_new_keys_and_ends_connections_of_keys_that_are_gone(self):
        peer = RawPeer(self.tcp, curve=tuple(key.encode() for key in (self.server_keys[0], *self.alice)))
        self.addCleanup(peer.close)
        self.hang_up([f"{self.bob[0]} bob client"])
        peer.expect(BYE, UNAUTHENTICATED)
        eventually(lambda: self.is_served(self.bob), "bob is served", 20)
        self.assert_not_served(self.client(self.alice))

    def test_an_allow_list_that_does_not_parse_changes_nothing_and_is_reported(self):
        client = self.client(self.alice)
        client.unary(echo("Get"), EchoRequest(), timeout=10)
        epoch = client.wait_ready()
        self.hang_up([f"{self.bob[0]} bob client", "not-a-key carol client"])
        eventually(lambda: "2" in self.server.errors() and "allowed" in self.server.errors(), "the line is reported")
        self.assertEqual(client.unary(echo("Get"), EchoRequest(), timeout=10).peer, "alice")
        self.assertEqual(client.wait_ready(), epoch)
        self.assertFalse(self.is_served(self.bob))

    def test_a_self_chosen_routing_id_gives_no_other_name(self):
        peer = RawPeer(self.tcp, hello=False, routing_id=b"alice", curve=tuple(k.encode() for k in (self.server_keys[0], *self.alice)))
        self.addCleanup(peer.close)
        peer.send(HELLO)
        self.assertEqual(self.client(self.alice).unary(echo("Get"), EchoRequest(), timeout=10).peer, "alice")
        self.assertEqual(peer.socket.poll(50), 0)


class KeyFileTests(CurveFiles):
    refuse = test_startup.StartupTests.refuse

    def refuse_start(self):
        return self.refuse("--endpoint", "tcp://127.0.0.1:0", *self.arguments)

    def test_a_secret_key_that_others_can_read_is_refused(self):
        for mode in (0o640, 0o604, 0o644):
            with self.subTest(mode=oct(mode)):
                self.write_key_file(*self.server_keys, mode=mode)
                self.assertIn("server.key", self.refuse_start())

    def test_key_files_that_do_not_parse_are_refused_and_the_secret_key_is_not_shown(self):
        public, secret = self.server_keys
        for text in ("", f"public-key {public}\n", f"public-key {public[:-1]}\nsecret-key {secret}\n", f"{public}\n{secret}\n",
                     f"public-key {self.bob[0]}\nsecret-key {secret}\n"):
            with self.subTest(text=text):
                self.key_file.write_text(text)
                errors = self.refuse_start()
                self.assertIn("server.key", errors)
                self.assertNotIn(secret, errors)

    def test_allow_lists_that_do_not_parse_are_refused_with_their_line(self):
        good = self.alice[0]
        for line in (f"{good}", f"{good} a:b client", f"{good} {'n' * 65} client", f"{good} alice king", f"{good[:-1]} alice client",
                     f"{good} alice client\n{good} again client"):
            with self.subTest(line=line):
                self.allow_list.write_text(line + "\n")
                self.assertIn("allowed", self.refuse_start())


if __name__ == "__main__":
    unittest.main()
