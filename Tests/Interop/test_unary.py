"""Unary calls: replies, statuses, metadata, limits, on ipc and tcp."""

import struct
import unittest

from google.protobuf import descriptor_pb2, descriptor_pool

from echo_process import EchoCase
from messages import ECHO_METHODS, METHODS, EchoRequest, EveryType, Method, echo
from rdrec_wire import RESOURCE_EXHAUSTED, UNIMPLEMENTED


class UnaryTests(EchoCase):
    def setUp(self):
        self.server = self.serve(tcp=True)
        self.client = self.connect(self.server)

    def test_a_request_is_answered_on_every_endpoint(self):
        for endpoint in self.server.endpoints:
            reply = self.connect(endpoint).unary(echo("Get"), EchoRequest(text="grün ☂", payload=b"\0\1\xff", count=7))
            self.assertEqual((reply.text, reply.payload, reply.count), ("grün ☂", b"\0\1\xff", 7))

    def test_an_empty_request_is_the_message_of_defaults(self):
        reply = self.client.unary(echo("Put"), EchoRequest())
        self.assertEqual((reply.text, reply.payload, reply.count, reply.remaining_us, reply.peer), ("", b"", 0, 0, "local"))

    def test_every_type_of_field_comes_back_as_it_went(self):
        inner = {"name": "inner", "level": -3}
        value = EveryType(
            flag=True, int32_value=-2**31, int64_value=-2**63, uint32_value=2**32 - 1, uint64_value=2**64 - 1, sint32_value=-2**31,
            sint64_value=-2**63, fixed32_value=2**32 - 1, fixed64_value=2**64 - 1, sfixed32_value=-2**31, sfixed64_value=-2**63,
            float_value=struct.unpack("f", struct.pack("f", 1.1))[0], double_value=-1e-310, text="ß", data=bytes(range(256)), colour=-1,
            inner=inner, counts=[0, 1, 2**32 - 1], weights=[0.1, float("inf")], names=["", "a"], blobs=[b"", b"\0"],
            colours=[1, 0, -1, 77], inners=[{}, inner], flags=[True, False], offsets=[-1, 2**63 - 1], hashes=[1, 2**32 - 1])
        choices = [{}, {"number": 0}, {"word": ""}, {"nested": inner}, {"yes": False}, {"shade": 1}, {"raw": b"\0"}]
        for choice in choices:
            with self.subTest(choice=choice):
                value.MergeFrom(EveryType(**choice))
                reply = self.client.unary(echo("Mirror"), value)
                self.assertEqual(reply.SerializeToString(deterministic=True), value.SerializeToString(deterministic=True))

    def test_a_status_and_its_text_arrive(self):
        for code in range(1, 17):
            status = self.assert_fails(code, self.client.unary, echo("Get"), EchoRequest(fail_status=code, text=f"because {code}"))
            self.assertEqual(status.message, f"because {code}")

    def test_a_status_message_is_cut_to_4096_bytes_of_utf_8(self):
        text = "x" + "ß" * 4_000
        status = self.assert_fails(9, self.client.unary, echo("Get"), EchoRequest(fail_status=9, text=text))
        self.assertLessEqual(len(status.message.encode()), 4_096)
        self.assertGreaterEqual(len(status.message.encode()), 4_090)
        self.assertTrue(text.startswith(status.message))

    def test_a_trace_goes_on_in_the_handler(self):
        trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        reply = self.client.unary(echo("Get"), EchoRequest(), metadata=[("traceparent", f"00-{trace}-{span}-01".encode())])
        self.assertIn(trace, reply.traceparent)

    def test_a_trace_that_the_server_begins_is_told_in_the_trailers(self):
        call = self.client.open(echo("Get"), EchoRequest())
        trailers = dict(call.status().trailers)
        self.assertEqual(trailers["traceparent"].decode(), call.result().traceparent)

    def test_metadata_of_any_bytes_and_repeated_keys_is_taken(self):
        metadata = [("a", b"\0\xff"), ("a", b""), ("x_y.z-9", bytes(1_000)), ("k" * 64, b"v")]
        self.assertEqual(self.client.unary(echo("Get"), EchoRequest(text="t"), metadata=metadata).text, "t")

    def test_a_method_that_is_not_served_is_unimplemented(self):
        get = echo("Get")
        for name in ["/rdrec.test.v1.Echo/Nothing", "/no.Service/Get", "Get", "", "/", "/rdrec.test.v1.Echo/Get/", "/" + "m" * 255]:
            with self.subTest(name=name):
                method = Method(name, get.request, get.response, False, False)
                self.assert_fails(UNIMPLEMENTED, self.client.unary, method, EchoRequest(text="x"))

    def test_what_exceeds_the_servers_limits_is_not_sent_and_names_the_limit(self):
        request = EchoRequest(payload=bytes(self.client_limit("max_frame_bytes")))
        status = self.assert_fails(RESOURCE_EXHAUSTED, self.client.unary, echo("Get"), request)
        self.assertIn("max_frame_bytes", status.message)
        metadata = [("k", bytes(self.client_limit("max_metadata_bytes")))]
        status = self.assert_fails(RESOURCE_EXHAUSTED, self.client.unary, echo("Get"), EchoRequest(), metadata=metadata)
        self.assertIn("max_metadata_bytes", status.message)

    def client_limit(self, name):
        self.client.wait_ready()
        return getattr(self.client.connection.peer, name)

    def test_a_reply_longer_than_the_clients_limit_is_not_sent_and_names_the_limit(self):
        client = self.connect(self.server, max_frame_bytes=100_000)
        self.assertEqual(len(client.unary(echo("Get"), EchoRequest(response_bytes=99_000)).payload), 99_000)
        status = self.assert_fails(RESOURCE_EXHAUSTED, client.unary, echo("Get"), EchoRequest(response_bytes=100_001))
        self.assertIn("max_frame_bytes", status.message)
        self.assertEqual(client.unary(echo("Get"), EchoRequest(text="still here")).text, "still here")

    def test_a_large_request_and_reply_pass(self):
        payload = bytes(range(256)) * (4_000_000 // 256)
        self.assertEqual(self.client.unary(echo("Get"), EchoRequest(payload=payload)).payload, payload)

    def test_many_calls_at_a_time_each_get_their_own_reply(self):
        calls = [self.client.open(echo("Get"), EchoRequest(text=str(n), delay_ms=n % 7)) for n in range(500)]
        self.assertEqual([call.result().text for call in calls], [str(n) for n in range(500)])

    def test_a_client_without_schema_learns_it_from_the_server(self):
        method = METHODS["/rdrec.rpc.v1.Descriptors/GetFileDescriptorSet"]
        reply = self.client.unary(method, method.request())
        served = list(reply.served_methods)
        self.assertEqual(served, sorted(served))
        self.assertEqual(set(served), ECHO_METHODS)
        files = descriptor_pb2.FileDescriptorSet.FromString(reply.file_descriptor_set)
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:  # each after those it imports, or Add fails
            pool.Add(file)
        for name in served:
            service, _, method_name = name[1:].partition("/")
            found = pool.FindServiceByName(service).FindMethodByName(method_name)
            self.assertEqual(found.input_type.full_name, METHODS[name].request.DESCRIPTOR.full_name)


if __name__ == "__main__":
    unittest.main()
