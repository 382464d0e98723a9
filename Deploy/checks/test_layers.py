"""Every rule of layers.py finds its fault, and none finds one where there is none."""

import tempfile
import unittest
from pathlib import Path

import layers


def target(name, *dependencies, kind="regular", path=None):
    return {"name": name, "type": kind, "path": path, "dependencies": [{"byName": [used, None]} for used in dependencies]}


GOOD = [
    target("CProtobufC", kind="system"),
    target("CProtos", "CProtobufC"),
    target("Wire", "CProtos", "CProtobufC"),
    target("Transport", "CZeroMQ", "CSystem", "Wire"),
    target("RPC", "Transport", "Wire"),
    target("EchoProtos", "Wire", "RPC", path="Tests/Support/EchoProtos"),
    target("TransportTests", "Transport", "CZeroMQ", kind="test"),
]


class Table(unittest.TestCase):
    def test_the_owners_are_layer_0(self):
        self.assertEqual({name for name in layers.LAYERS[0] if name.startswith("C")}, set(layers.OWNERS))
        for owner in layers.OWNERS.values():
            self.assertIn(owner, layers.LAYER)

    def test_no_target_is_in_two_layers(self):
        self.assertEqual(sum(map(len, layers.LAYERS)), len(layers.LAYER))


class Manifest(unittest.TestCase):
    def faults(self, *targets):
        return layers.manifest_faults({"targets": [*GOOD, *targets]})

    def test_the_layers_as_designed_pass(self):
        self.assertEqual(self.faults(), [])

    def test_a_higher_layer_is_found(self):
        [fault] = self.faults(target("Prometheus", "Transport"))
        self.assertIn("Prometheus (layer 1)", fault)
        self.assertIn("Transport is of layer 2", fault)

    def test_the_same_layer_is_found(self):
        [fault] = self.faults(target("Reflection", "Transport"))
        self.assertIn("Reflection (layer 2)", fault)

    def test_a_c_module_of_another_target_is_found(self):
        [fault] = self.faults(target("rdrec", "CZeroMQ"))
        self.assertIn("CZeroMQ is imported by Transport alone", fault)

    def test_a_product_that_uses_the_tests_is_found(self):
        [fault] = self.faults(target("rdrec", "EchoProtos"))
        self.assertIn("belongs to the tests", fault)

    def test_a_target_outside_the_table_is_found(self):
        [fault] = self.faults(target("Utilities"))
        self.assertIn("add it to LAYERS", fault)


class Sources(unittest.TestCase):
    def faults(self, path, text):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "Sources" / path
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            return layers.source_faults(Path(folder), {"targets": GOOD})

    def test_lower_layers_and_outside_modules_pass(self):
        self.assertEqual(self.faults("Transport/A.swift", "import CZeroMQ\nimport Glibc\npackage import Wire\n"), [])

    def test_comments_and_names_are_no_imports(self):
        self.assertEqual(self.faults("Wire/A.swift", "// import RPC\nlet reimport = 1\nfunc important() {}\n"), [])

    def test_a_higher_layer_is_found_with_its_place(self):
        [fault] = self.faults("Wire/Deep/A.swift", "import Glibc\n\nimport RPC\n")
        self.assertTrue(fault.startswith("Sources/Wire/Deep/A.swift:3: "), fault)

    def test_every_spelling_of_an_import_is_found(self):
        spellings = ["package import RPC", "  import RPC", "@preconcurrency import RPC", "import struct RPC.Call", "import Glibc; import RPC",
                     "@_spi(Probe) internal import RPC"]
        for spelling in spellings:
            with self.subTest(spelling):
                self.assertEqual(len(self.faults("Wire/A.swift", spelling + "\n")), 1)

    def test_a_c_module_of_another_target_is_found(self):
        [fault] = self.faults("RPC/A.swift", "import CSystem\n")
        self.assertIn("CSystem is imported by Transport alone", fault)

    def test_a_target_of_the_tests_is_found(self):
        [fault] = self.faults("RPC/A.swift", "import EchoProtos\n")
        self.assertIn("belongs to the tests", fault)

    def test_a_folder_outside_the_table_is_found(self):
        [fault] = self.faults("Utilities/A.swift", "")
        self.assertIn("add it to LAYERS", fault)


if __name__ == "__main__":
    unittest.main()
