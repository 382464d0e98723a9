"""How calls and servers end: deadlines, cancelling, the queue, limits in flight, the graceful end, health."""

import time
import unittest

from echo_process import EchoCase, EchoProcess, eventually
from messages import METHODS, EchoRequest, HealthCheckRequest, RetryInfo, echo
from rdrec_wire import (CANCELLED, DEADLINE_EXCEEDED, NOT_FOUND, OK, RESOURCE_EXHAUSTED, UNAVAILABLE)


def retry_delay(status):
    """The milliseconds of the RetryInfo of a status; fails where there is none."""
    details = dict(status.details)
    return RetryInfo.FromString(details["rdrec.rpc.v1.RetryInfo"]).retry_delay_ms


class DeadlineTests(EchoCase):
    def test_the_handler_sees_the_time_that_is_left(self):
        client = self.connect(self.serve())
        client.wait_ready()
        remaining = client.unary(echo("Get"), EchoRequest(), timeout=5).remaining_us
        self.assertTrue(0 < remaining <= 5_000_000, remaining)
        self.assertEqual(client.unary(echo("Get"), EchoRequest()).remaining_us, 0)

    def test_the_client_ends_a_late_call_by_its_own_clock_and_the_server_frees_it(self):
        client = self.connect(self.serve("--max-running", 1))
        self.assert_fails(DEADLINE_EXCEEDED, client.unary, echo("Get"), EchoRequest(delay_ms=60_000), timeout=0.1)
        self.assertEqual(client.unary(echo("Get"), EchoRequest(text="freed"), timeout=10).text, "freed")

    def test_the_server_ends_a_late_call_of_every_kind_itself(self):
        client = self.connect(self.serve())
        for name, request in [("Get", EchoRequest(delay_ms=60_000)), ("Expand", EchoRequest(count=2, delay_ms=60_000)),
                              ("Collect", None), ("Chat", None)]:
            with self.subTest(method=name):
                began = time.monotonic()
                call = client.open(echo(name), request, timeout=0.1, keeps_deadline=False)
                self.assert_fails(DEADLINE_EXCEEDED, call.result)
                self.assertGreaterEqual(time.monotonic() - began, 0.09)

    def test_a_deadline_passes_in_the_queue(self):
        client = self.connect(self.serve("--max-running", 1))
        first = client.open(echo("Get"), EchoRequest(delay_ms=60_000))
        waiting = client.open(echo("Get"), EchoRequest(), timeout=0.1, keeps_deadline=False)
        self.assert_fails(DEADLINE_EXCEEDED, waiting.result)
        first.cancel()
        self.assertEqual(client.unary(echo("Get"), EchoRequest(text="freed"), timeout=10).text, "freed")

    def test_a_deadline_of_a_century_is_a_deadline(self):
        client = self.connect(self.serve())
        self.assertGreater(client.unary(echo("Get"), EchoRequest(), timeout=3.2e9).remaining_us, 3.1e15)


class CancelTests(EchoCase):
    def test_cancelling_frees_the_call_on_the_server(self):
        client = self.connect(self.serve("--max-running", 1))
        for name, request in [("Get", EchoRequest(delay_ms=60_000)), ("Expand", EchoRequest(count=2, delay_ms=60_000)),
                              ("Collect", None), ("Chat", None)]:
            with self.subTest(method=name):
                call = client.open(echo(name), request)
                call.cancel()
                self.assert_fails(CANCELLED, call.result)
                self.assertEqual(client.unary(echo("Get"), EchoRequest(text="freed"), timeout=10).text, "freed")

    def test_a_call_that_waits_in_the_queue_can_be_cancelled(self):
        client = self.connect(self.serve("--max-running", 1, "--max-waiting", 1))
        first = client.open(echo("Get"), EchoRequest(delay_ms=60_000))
        client.open(echo("Get"), EchoRequest(delay_ms=60_000)).cancel()
        last = client.open(echo("Get"), EchoRequest(text="in the freed place"))
        first.cancel()
        self.assertEqual(last.result().text, "in the freed place")


class OverloadTests(EchoCase):
    def test_a_full_queue_answers_resource_exhausted_with_retry_info(self):
        client = self.connect(self.serve("--max-running", 1, "--max-waiting", 1))
        held = [client.open(echo("Get"), EchoRequest(delay_ms=60_000)) for _ in range(2)]
        status = self.assert_fails(RESOURCE_EXHAUSTED, client.unary, echo("Get"), EchoRequest())
        self.assertGreater(retry_delay(status), 0)
        for call in held:
            call.cancel()
        self.assertEqual(client.unary(echo("Get"), EchoRequest(text="room again"), timeout=10).text, "room again")

    def test_a_full_queue_of_one_client_is_full_for_others_and_empties_when_it_leaves(self):
        server = self.serve("--max-running", 1, "--max-waiting", 1)
        greedy, other = self.connect(server), self.connect(server)
        for _ in range(2):
            greedy.open(echo("Get"), EchoRequest(delay_ms=60_000))
        self.assert_fails(RESOURCE_EXHAUSTED, greedy.unary, echo("Get"), EchoRequest())
        self.assert_fails(RESOURCE_EXHAUSTED, other.unary, echo("Get"), EchoRequest())
        greedy.close()
        eventually(lambda: other.open(echo("Get"), EchoRequest()).status().code == OK, "the greedy client's calls are freed")

    def test_the_server_tells_and_keeps_max_calls_in_flight(self):
        client = self.connect(self.serve("--max-calls-in-flight", 2))
        client.wait_ready()
        self.assertEqual(client.connection.peer.max_calls_in_flight, 2)
        held = [client.open(echo("Get"), EchoRequest(delay_ms=60_000)) for _ in range(2)]
        client.connection.peer.max_calls_in_flight = 10  # a client that does not keep it
        status = self.assert_fails(RESOURCE_EXHAUSTED, client.unary, echo("Get"), EchoRequest())
        self.assertGreater(retry_delay(status), 0)
        held[0].cancel()
        self.assertEqual(client.unary(echo("Get"), EchoRequest(text="room"), timeout=10).text, "room")


class GracefulEndTests(EchoCase):
    def test_sigterm_lets_open_calls_finish_and_takes_no_new_ones(self):
        server = self.serve()
        client = self.connect(server)
        chat = client.open(echo("Chat"))
        chat.send(EchoRequest(text="before"))
        self.assertEqual(chat.receive().text, "before")
        slow = client.open(echo("Get"), EchoRequest(text="slow", delay_ms=300))
        client.unary(echo("Get"), EchoRequest())  # so the server has read the slow call before
        server.terminate()
        with client.lock:
            self.assertTrue(client.lock.wait_for(lambda: client.connection.state == "draining", 10), "no GOAWAY")
        self.assert_fails(UNAVAILABLE, client.unary, echo("Get"), EchoRequest())
        chat.send(EchoRequest(text="during"))
        self.assertEqual(chat.receive().text, "during")
        chat.half_close()
        self.assertIsNone(chat.receive())
        self.assertEqual(slow.result().text, "slow")
        self.assertEqual(server.wait(), 0)

    def test_sigterm_without_open_calls_ends_at_once_with_0(self):
        server = self.serve()
        self.connect(server).wait_ready()
        began = time.monotonic()
        server.terminate()
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_calls_that_outlast_the_budget_are_ended(self):
        server = self.serve("--drain-seconds", 1)
        client = self.connect(server)
        call = client.open(echo("Get"), EchoRequest(delay_ms=60_000))
        client.unary(echo("Get"), EchoRequest())
        server.terminate()
        self.assert_fails(UNAVAILABLE, call.result)
        self.assertEqual(server.wait(), 0)

    def test_a_client_connects_anew_with_a_new_epoch_when_the_server_comes_back(self):
        server = self.serve()
        client = self.connect(server)
        old = client.wait_ready()
        call = client.open(echo("Get"), EchoRequest(delay_ms=60_000))
        client.unary(echo("Get"), EchoRequest())
        server.crash()
        self.assert_fails(UNAVAILABLE, call.result)
        again = EchoProcess(endpoints=[server.endpoint])
        self.addCleanup(again.kill)
        eventually(lambda: client.open(echo("Get"), EchoRequest()).status().code == OK, "the new server serves", 30)
        self.assertNotEqual(client.wait_ready(), old)


class HealthTests(EchoCase):
    CHECK, WATCH = METHODS["/grpc.health.v1.Health/Check"], METHODS["/grpc.health.v1.Health/Watch"]
    SERVING, NOT_SERVING, SERVICE_UNKNOWN = 1, 2, 3

    def setUp(self):
        self.server = self.serve()
        self.client = self.connect(self.server)

    def test_check_knows_the_server_and_its_services(self):
        for service in ("", "rdrec.test.v1.Echo"):
            self.assertEqual(self.client.unary(self.CHECK, HealthCheckRequest(service=service)).status, self.SERVING)
        self.assert_fails(NOT_FOUND, self.client.unary, self.CHECK, HealthCheckRequest(service="no.such.Service"))

    def test_watch_tells_the_state_and_its_change(self):
        watch = self.client.open(self.WATCH, HealthCheckRequest())
        self.assertEqual(watch.receive().status, self.SERVING)
        unknown = self.client.open(self.WATCH, HealthCheckRequest(service="no.such.Service"))
        self.assertEqual(unknown.receive().status, self.SERVICE_UNKNOWN)
        call = self.client.open(echo("Get"), EchoRequest(delay_ms=300))
        self.client.unary(echo("Get"), EchoRequest())
        self.server.terminate()
        self.assertEqual(watch.receive().status, self.NOT_SERVING)
        call.result()
        self.assertEqual(self.server.wait(), 0)


if __name__ == "__main__":
    unittest.main()
