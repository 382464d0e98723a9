"""Bad schemas are refused, each with a sentence that names what is wrong; good ones pass."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import lint
from schema import Schema, load

HEAD = 'syntax = "proto3"; package a.v1; '


def problems(**files):
    """What the lint says of .proto files, given as name=text."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            pathlib.Path(folder, f"{name}.proto").write_text(text)
        subprocess.run(
            ["protoc", f"--proto_path={folder}", "--include_imports", f"--descriptor_set_out={folder}/set.pb",
             *(f"{folder}/{name}.proto" for name in files)], check=True, capture_output=True)
        descriptor_set = load(f"{folder}/set.pb")
    return lint.problems(descriptor_set, Schema(descriptor_set))


class LintTest(unittest.TestCase):
    def assert_refused(self, words, text, count=1):
        found = problems(bad=HEAD + text)
        self.assertEqual(len(found), count, found)
        for sentence in found:
            self.assertIn(words, sentence)

    def assert_accepted(self, text):
        self.assertEqual(problems(good=HEAD + text), [])

    def test_a_good_schema_passes(self):
        self.assert_accepted(
            "enum State { STATE_UNSPECIFIED = 0; STATE_RUNNING = 1; STATE_LOST = -1; } "
            "message Inner { string name = 1; } "
            "message Outer { repeated Inner inners = 1; oneof choice { State state = 2; Inner inner = 3; } } "
            "service Things { rpc Get(Outer) returns (stream Inner); }")

    def test_a_message_that_holds_itself(self):
        self.assert_refused("recursive", "message Tree { repeated Tree branches = 1; }")

    def test_messages_that_hold_each_other(self):
        self.assert_refused("recursive", "message A { B b = 1; } message B { oneof c { A a = 1; } }", count=2)

    def test_a_message_that_holds_a_recursive_one_is_not_blamed(self):
        self.assert_refused("a.v1.Tree: ", "message Tree { Tree left = 1; } message Root { Tree tree = 1; }")

    def test_nesting_of_sixteen_and_of_seventeen(self):
        def chain(length):
            return "".join(f"message M{i} {{ M{i + 1} next = 1; }} " for i in range(1, length)) + f"message M{length} {{}}"
        self.assert_accepted(chain(16))
        self.assert_refused("nested 17 deep", chain(17))

    def test_fields_up_to_the_bitset_and_one_more(self):
        def fields(count):
            return "message M { " + "".join(f"uint32 f{i} = {i}; " for i in range(1, count + 1)) + "}"
        self.assert_accepted(fields(128))
        self.assert_refused("129 fields", fields(129))

    def test_proto3_optional(self):
        self.assert_refused("optional", "message M { optional uint32 a = 1; }")

    def test_maps(self):
        self.assert_refused("map fields", "message M { map<string, uint32> a = 1; }")

    def test_proto2_groups_and_required(self):
        found = problems(old='syntax = "proto2"; package a.v1; message M { required int32 a = 1; optional group G = 2 { } }')
        for words in ("proto2", "required", "groups"):
            self.assertTrue(any(words in sentence for sentence in found), (words, found))

    def test_names_of_fields_messages_and_methods(self):
        self.assert_refused("snake_case", "message M { uint32 someField = 1; }")
        self.assert_refused("CamelCase", "message bad_name { }")
        self.assert_refused("CamelCase", "message M { } service S { rpc get(M) returns (M); }")

    def test_enum_values_without_the_prefix_and_without_unspecified(self):
        self.assert_refused("STATE_SOMETHING", "enum State { STATE_UNSPECIFIED = 0; RUNNING = 1; }")
        self.assert_refused("STATE_UNSPECIFIED", "enum State { STATE_NONE = 0; }")
        self.assert_refused("two names", "enum E { option allow_alias = true; E_UNSPECIFIED = 0; E_A = 1; E_B = 1; }")

    def test_the_health_service_keeps_its_names(self):
        self.assertEqual(problems(health='syntax = "proto3"; package grpc.health.v1; enum Status { UNKNOWN = 0; }'), [])

    def test_one_name_in_two_packages(self):
        found = problems(one='syntax = "proto3"; package a.v1; message Item {}', two='syntax = "proto3"; package b.v1; message Item {}')
        self.assertEqual(len(found), 1, found)
        self.assertIn("Item: 2 things", found[0])

    def test_a_field_and_a_oneof_of_one_swift_name(self):
        self.assert_refused("would be called aID", "message M { uint32 a_id = 1; oneof a_i_d { uint32 b = 2; } }")


if __name__ == "__main__":
    unittest.main()
