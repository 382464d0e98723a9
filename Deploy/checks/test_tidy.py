"""tidy.py finds what it looks for, and only that."""

import unittest

import tidy


class Tidy(unittest.TestCase):
    def test_paths_of_a_machine_are_found_with_their_line(self):
        for line in ["/work/main", 'let path = "/home/someone/x"', "(/root/.cache)", "cd /farm/a", "-I/opt/swift-packages/a", "see:/work/a"]:
            with self.subTest(line):
                [fault] = tidy.faults("a.txt", "fine\n" + line)
                self.assertTrue(fault.startswith("a.txt:2: a path of one machine"), fault)

    def test_other_paths_pass(self):
        for line in ["/usr/lib", "network/work/x", "./home/x", "~/x", "https://example.org/homework/", "/workers/", "/run/rdrec"]:
            with self.subTest(line):
                self.assertEqual(tidy.faults("a.txt", line), [])

    def test_marks_of_unfinished_work_are_found(self):
        for line in ["// TODO: later", "# FIXME", "/* TODO(name) */"]:
            with self.subTest(line):
                self.assertEqual(len(tidy.faults("a.txt", line)), 1)

    def test_words_that_contain_a_mark_pass(self):
        self.assertEqual(tidy.faults("a.txt", "METHODOLOGY, todo, TODOS_LIST"), [])


if __name__ == "__main__":
    unittest.main()
