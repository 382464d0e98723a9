"""The three kinds of stream, and credit in both directions."""

import unittest

from echo_process import EchoCase, eventually, metrics
from messages import EchoRequest, echo
from rdrec_wire import ABORTED, CANCELLED, RESOURCE_EXHAUSTED


class StreamTests(EchoCase):
    def setUp(self):
        self.client = self.connect(self.serve("--credit-messages", 8, "--credit-bytes", 10_000))

    def test_a_server_stream_arrives_whole_and_in_order(self):
        call = self.client.open(echo("Expand"), EchoRequest(text="x", count=1_000))
        self.assertEqual([message.count for message in call], list(range(1_000)))
        self.assertEqual(call.status().code, 0)

    def test_an_empty_server_stream_ends_with_ok(self):
        self.assertEqual(list(self.client.open(echo("Expand"), EchoRequest())), [])

    def test_a_server_stream_that_fails_ends_with_its_status(self):
        call = self.client.open(echo("Expand"), EchoRequest(fail_status=ABORTED, text="no"))
        self.assertEqual(self.assert_fails(ABORTED, list, call).message, "no")

    def test_a_client_stream_is_counted_and_joined(self):
        call = self.client.open(echo("Collect"))
        for n in range(300):
            call.send(EchoRequest(text=str(n)))
        call.half_close()
        reply = call.result()
        self.assertEqual(reply.count, 300)
        self.assertEqual(reply.text, " ".join(map(str, range(300))))

    def test_an_empty_client_stream_has_a_reply(self):
        call = self.client.open(echo("Collect"))
        call.half_close()
        self.assertEqual(call.result().count, 0)

    def test_the_server_may_end_a_client_stream_before_the_client_does(self):
        call = self.client.open(echo("Collect"))
        call.send(EchoRequest(fail_status=ABORTED, text="enough"))
        self.assertEqual(self.assert_fails(ABORTED, call.result).message, "enough")
        self.assertEqual(self.client.unary(echo("Get"), EchoRequest(text="next")).text, "next")

    def test_a_bidirectional_stream_answers_each_message_as_it_comes(self):
        call = self.client.open(echo("Chat"))
        for n in range(200):
            call.send(EchoRequest(text=str(n)))
            reply = call.receive()
            self.assertEqual((reply.text, reply.count), (str(n), n))
        call.half_close()
        self.assertIsNone(call.receive())

    def test_streams_beside_each_other_do_not_mix(self):
        calls = [self.client.open(echo("Chat")) for _ in range(20)]
        for n in range(20):
            for k, call in enumerate(calls):
                call.send(EchoRequest(text=f"{k}.{n}"))
        for k, call in enumerate(calls):
            call.half_close()
            self.assertEqual([m.text for m in call], [f"{k}.{n}" for n in range(20)])


class CreditTests(EchoCase):
    def test_the_server_stops_without_credit_and_goes_on_with_it(self):
        client = self.connect(self.serve(), initial_credit_messages=4)
        call = client.open(echo("Expand"), EchoRequest(count=10), grants=False)
        self.assertEqual(call.arrived(4), 4)
        self.assert_nothing_more(client, call, 4)
        call.grant(3, 0)
        self.assertEqual(call.arrived(7), 7)
        self.assert_nothing_more(client, call, 7)
        call.grant(100, 0)
        self.assertEqual([message.count for message in call], list(range(10)))

    def test_the_account_of_bytes_goes_below_0_by_the_last_message_only(self):
        client = self.connect(self.serve(), initial_credit_bytes=1_500)
        call = client.open(echo("Expand"), EchoRequest(count=5, response_bytes=1_000), grants=False)
        self.assertEqual(call.arrived(2), 2)  # 1,500 -> about 497 -> below 0
        self.assert_nothing_more(client, call, 2)
        call.grant(0, 400)  # not enough to come above 0
        self.assert_nothing_more(client, call, 2)
        call.grant(0, 1_000)
        self.assertEqual(call.arrived(3), 3)
        call.grant(0, 10_000)
        self.assertEqual(len(list(call)), 5)

    def test_without_initial_credit_nothing_comes_before_the_first_grant(self):
        client = self.connect(self.serve(), initial_credit_messages=0, initial_credit_bytes=0)
        call = client.open(echo("Expand"), EchoRequest(count=2), grants=False)
        self.assert_nothing_more(client, call, 0)
        call.grant(1, 0)
        self.assert_nothing_more(client, call, 0)
        call.grant(0, 1)
        self.assertEqual(call.arrived(1), 1)
        call.grant(1, 100)
        self.assertEqual(len(list(call)), 2)

    def test_credit_beyond_the_highest_account_is_lost_and_breaks_nothing(self):
        client = self.connect(self.serve(), initial_credit_messages=1)
        call = client.open(echo("Expand"), EchoRequest(count=50), grants=False)
        for _ in range(5):
            call.grant(2**32 - 1, 2**64 - 1 - 2**60)
        self.assertEqual(len(list(call)), 50)

    def assert_nothing_more(self, client, call, count):
        """A call that is opened and answered later: what the server could send before it would have arrived."""
        for _ in range(20):
            client.unary(echo("Get"), EchoRequest(delay_ms=2))
        self.assertEqual(call.arrived(count), count)

    def test_the_server_grants_what_its_handler_has_taken(self):
        client = self.connect(self.serve("--credit-messages", 8, "--credit-bytes", 1_000_000))
        call = client.open(echo("Collect"))
        for _ in range(4):
            call.send(EchoRequest(text="x"))
        call.wait_credit(5)  # half of 8 has been taken, so a grant is due
        for n in range(100):
            call.send(EchoRequest(text="y"))
        call.half_close()
        self.assertEqual(call.result().count, 104)

    def test_the_server_grants_bytes_too(self):
        client = self.connect(self.serve("--credit-messages", 1_000, "--credit-bytes", 1_000))
        call = client.open(echo("Collect"))
        for _ in range(100):
            call.send(EchoRequest(payload=bytes(900)))
        call.half_close()
        self.assertEqual(call.result().count, 100)

    def test_the_server_grants_nothing_that_its_handler_has_not_taken(self):
        client = self.connect(self.serve("--credit-messages", 8))
        call = client.open(echo("Collect"))
        for _ in range(8):
            call.send(EchoRequest(delay_ms=20_000))
        for _ in range(20):
            client.unary(echo("Get"), EchoRequest())
        self.assertLessEqual(call.credit[0], 1)  # the handler holds the first message
        call.cancel()

    def test_a_client_that_overruns_the_servers_credit_gets_resource_exhausted(self):
        for name in ("Collect", "Chat"):
            with self.subTest(method=name):
                client = self.connect(self.serve("--credit-messages", 4))
                call = client.open(echo(name))
                for _ in range(6):
                    call.send(EchoRequest(delay_ms=20_000), without_credit=True)
                self.assert_fails(RESOURCE_EXHAUSTED, call.result)
                self.assertEqual(client.unary(echo("Get"), EchoRequest(text="still here")).text, "still here")

    def test_a_cancelled_stream_frees_what_waits_for_credit(self):
        client = self.connect(self.serve("--max-running", 1), initial_credit_messages=1)
        call = client.open(echo("Expand"), EchoRequest(count=10), grants=False)
        call.arrived(1)
        call.cancel()
        self.assertEqual(call.status().code, CANCELLED)
        self.assertEqual(client.unary(echo("Get"), EchoRequest(text="served"), timeout=10).text, "served")
        eventually(
            lambda: any("CANCEL" in labels.upper() and value == 1 for (name, labels), value in metrics(client).items()
                        if name == "grpc_server_handled_total" and "Expand" in labels),
            "the server counts the call as cancelled")


if __name__ == "__main__":
    unittest.main()
