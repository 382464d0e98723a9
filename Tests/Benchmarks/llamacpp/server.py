"""A llama-server for the time of a `with` block: on a port that the system chooses, stopped by its process id."""

import http.client
import re
import subprocess
import tempfile
import time

LISTENING = re.compile(rb"listening on http://127\.0\.0\.1:(\d+)")


class Server:
    """Ready to serve inside the block; `port` is where. Its log is kept for the message of an error alone."""

    def __init__(self, folder, model, threads, slots, positions, options=()):
        """`positions` are those of one slot. Nothing is kept of a prompt but in the slots: every prompt comes once."""
        self.command = [
            str(folder / "bin" / "llama-server"), "-m", str(model), "--host", "127.0.0.1", "--port", "0", "--no-webui",
            "-t", str(threads), "-tb", str(threads), "-np", str(slots), "-c", str(slots * positions), "--cache-ram", "0", *options,
        ]  # fmt: skip

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            self.port = self.wait(self.bound_port)
            self.wait(self.is_healthy)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def wait(self, condition, seconds=60):
        """Returns what `condition` gives once that is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"llama-server ended with {self.process.returncode}: {self.text()[-2000:].decode(errors='replace')}")
            if result := condition():
                return result
            time.sleep(0.05)
        raise RuntimeError(f"llama-server is not ready after {seconds} s: {self.text()[-2000:].decode(errors='replace')}")

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def bound_port(self):
        found = LISTENING.search(self.text())
        return int(found[1]) if found else None

    def is_healthy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
