"""PING, PONG and liveness, on the server's side and on the client's."""

import os
import signal
import time
import unittest

from echo_process import EchoCase, eventually, metrics
from messages import EchoRequest, echo
from raw_peer import RawPeer
from rdrec_wire import BYE, CALL, PING, PONG, STATUS, UNAVAILABLE


def peers(client):
    """How many connections the server knows."""
    return metrics(client)[("rdrec_transport_peers", "")]


class HeartbeatTests(EchoCase):
    INTERVAL = 0.1

    def setUp(self):
        self.server = self.serve("--heartbeat-ms", int(self.INTERVAL * 1e3))

    def peer(self, **options):
        peer = RawPeer(self.server.endpoint, **options)
        self.addCleanup(peer.close)
        return peer

    def test_the_server_tells_its_rhythm(self):
        limits = self.peer().limits
        self.assertEqual(limits.heartbeat_interval_ms, 100)
        self.assertGreaterEqual(limits.heartbeat_liveness, 2)

    def test_a_pong_returns_the_sequence_of_its_ping(self):
        peer = self.peer()
        for sequence in (0, 1, 77, 2**64 - 1):
            peer.send(PING, sequence=sequence)
            peer.expect(PONG, sequence=sequence)

    def test_a_silent_client_is_pinged_and_then_forgotten_with_its_calls(self):
        honest = self.connect(self.server)
        peer = self.peer()
        peer.send(CALL, EchoRequest(delay_ms=60_000).SerializeToString(), call_id=1, method=echo("Get").name)
        silent_since = time.monotonic()
        self.assertEqual(peers(honest), 2)
        peer.expect(PING)
        self.assertGreaterEqual(time.monotonic() - silent_since, self.INTERVAL * 0.9)
        eventually(lambda: peers(honest) == 1, "the silent client is forgotten")
        self.assertGreaterEqual(time.monotonic() - silent_since, peer.limits.heartbeat_liveness * self.INTERVAL * 0.9)
        peer.send(PING)
        peer.expect(BYE, UNAVAILABLE)

    def test_a_client_that_answers_stays(self):
        honest = self.connect(self.server)
        peer = self.peer()
        end = time.monotonic() + 10 * self.INTERVAL
        pings = 0
        while time.monotonic() < end:
            header = peer.expect(PING)
            pings += 1
            peer.send(PONG, sequence=header.sequence)
        self.assertGreater(pings, 3)
        self.assertEqual(peers(honest), 2)
        peer.expect_silence()

    def test_any_message_is_a_sign_of_life(self):
        peer = self.peer()
        end = time.monotonic() + 10 * self.INTERVAL
        number = 0
        while time.monotonic() < end:
            number += 1
            peer.send(CALL, EchoRequest(delay_ms=20).SerializeToString(), call_id=number, method=echo("Get").name)
            peer.expect(STATUS, 0, call_id=number)

    def test_an_idle_client_and_its_quiet_stream_outlast_many_intervals(self):
        client = self.connect(self.server)
        epoch = client.wait_ready()
        call = client.open(echo("Expand"), EchoRequest(count=2, delay_ms=1_000))
        self.assertEqual([message.count for message in call], [0, 1])
        self.assertEqual(client.wait_ready(), epoch)

    def test_a_stopped_server_is_found_dead_and_found_again(self):
        client = self.connect(self.server, connect_timeout=0.5)
        epoch = client.wait_ready()
        call = client.open(echo("Get"), EchoRequest(delay_ms=60_000))
        client.unary(echo("Get"), EchoRequest())
        os.kill(self.server.pid, signal.SIGSTOP)
        try:
            self.assert_fails(UNAVAILABLE, call.result)
        finally:
            os.kill(self.server.pid, signal.SIGCONT)
        eventually(lambda: client.open(echo("Get"), EchoRequest()).status().code == 0, "the client is served again")
        self.assertNotEqual(client.wait_ready(), epoch)

    def test_a_server_that_was_stopped_counts_anew_and_keeps_its_clients(self):
        client = self.connect(self.server)
        client.wait_ready()
        with client.lock:
            client.connection.peer.heartbeat_liveness = 1_000  # this client is patient
        epoch = client.wait_ready()
        call = client.open(echo("Get"), EchoRequest(text="kept", delay_ms=1_200))
        client.unary(echo("Get"), EchoRequest())
        os.kill(self.server.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        eventually(lambda: time.monotonic() - stopped > 8 * self.INTERVAL, "time passes")
        os.kill(self.server.pid, signal.SIGCONT)
        self.assertEqual(call.result().text, "kept")
        self.assertEqual(client.wait_ready(), epoch)


if __name__ == "__main__":
    unittest.main()
