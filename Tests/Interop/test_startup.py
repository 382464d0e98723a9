"""What the server refuses to listen on (PROTOCOL.md 9): it ends with a message, not with a trace."""

import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

from echo_process import SERVER, EchoCase


class StartupTests(EchoCase):
    def refuse(self, *arguments):
        """The server ends by itself with a failure; returns what it wrote to standard error."""
        try:
            done = subprocess.run([SERVER, *arguments], capture_output=True, text=True, timeout=5)
        except subprocess.TimeoutExpired as expired:
            self.fail(f"{arguments}: the server did not end; it wrote {expired.stdout} and {expired.stderr}")
        self.assertGreater(done.returncode, 0, f"{arguments}: {done.stderr}")
        self.assertTrue(done.stderr.strip())
        self.assertNotIn("Fatal error", done.stderr)
        self.assertNotIn("listening", done.stdout)
        return done.stderr

    def test_tcp_without_curve_is_refused_unless_told(self):
        self.refuse("--endpoint", "tcp://127.0.0.1:0")

    def test_tcp_without_curve_binds_only_loopback_addresses(self):
        for endpoint in ("tcp://0.0.0.0:0", "tcp://*:0", "tcp://[::]:0"):
            with self.subTest(endpoint=endpoint):
                self.refuse("--insecure", "--endpoint", endpoint)

    def test_endpoints_that_are_none_are_refused(self):
        for endpoint in ("", "ipc://", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:x", "inproc://x", "udp://127.0.0.1:1"):
            with self.subTest(endpoint=endpoint):
                self.refuse("--insecure", "--endpoint", endpoint)

    def test_a_port_that_is_taken_is_refused_and_named(self):
        taken = self.serve(tcp=True).endpoints[1]
        self.assertIn(taken.rsplit(":", 1)[1], self.refuse("--insecure", "--endpoint", taken))

    def test_an_ipc_socket_can_be_opened_by_its_user_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "new" / "echo"
            path.parent.mkdir(mode=0o700)
            self.serve(endpoints=[f"ipc://{path}"])
            modes = [stat.S_IMODE(os.stat(p).st_mode) & 0o077 for p in (path.parent, path)]
            self.assertIn(0, modes, f"others can reach the socket: {modes}")

    def test_an_ipc_path_in_a_folder_that_others_can_enter_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            self.refuse("--endpoint", f"ipc://{folder}/echo")


if __name__ == "__main__":
    unittest.main()
