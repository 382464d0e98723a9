"""The server under test as a process of its own, and the test case that starts and stops it."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from messages import EchoRequest, echo
from rdrec_client import Client
from rdrec_wire import RpcError

SERVER = os.environ.get("RDREC_ECHO_SERVER", "")


def eventually(condition, what, timeout=10):
    """The first true value of `condition()`, asked again and again; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {timeout} s: {what}")
        time.sleep(0.005)
    return value


class EchoProcess:
    """One echo-server. Endpoints are an ipc path in a temporary folder and, with `tcp`, a loopback port of its choice; or `endpoints`."""

    def __init__(self, *options, tcp=False, endpoints=None, security=("--insecure",)):
        if not SERVER:
            raise RuntimeError("RDREC_ECHO_SERVER must hold the path of echo-server; run.sh sets it")
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        asked = endpoints or [f"ipc://{self.folder}/echo"] + (["tcp://127.0.0.1:0"] if tcp else [])
        command = [SERVER, *[a for e in asked for a in ("--endpoint", e)], *security, *map(str, options)]
        self._errors = tempfile.TemporaryFile()
        self.crashed = False
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._errors, text=True)
        self.endpoints = []
        while len(self.endpoints) < len(asked):
            line = self._process.stdout.readline()
            if not line.startswith("listening "):
                self.kill()
                raise RuntimeError(f"{' '.join(command)}: {line!r}, standard error: {self.errors()}")
            self.endpoints.append(line.split()[1])
        self.endpoint = self.endpoints[0]

    @property
    def pid(self):
        """Its process id."""
        return self._process.pid

    def errors(self):
        """What it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def terminate(self):
        """SIGTERM: the graceful end."""
        self._process.send_signal(signal.SIGTERM)

    def crash(self):
        """SIGKILL: the end without a word."""
        self._process.kill()
        self._process.wait()
        self.crashed = True

    def poll(self):
        """Its exit code, or None while it runs."""
        return self._process.poll()

    def wait(self, timeout=30):
        """Its exit code."""
        return self._process.wait(timeout)

    def kill(self):
        """Ends it in any case and cleans up."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()


class EchoCase(unittest.TestCase):
    """A test with servers and clients that end with it. Fails where a server died by itself."""

    def serve(self, *options, **keywords):
        """Starts a server."""
        server = EchoProcess(*options, **keywords)
        self.addCleanup(server.kill)
        self.addCleanup(self._check_alive, server)
        return server

    def _check_alive(self, server):
        code = server.poll()
        self.assertTrue(code in (None, 0) or server.crashed, f"the server ended with {code}: {server.errors()}")

    def connect(self, server, **options):
        """A client of it."""
        client = Client(getattr(server, "endpoint", server), **options)
        self.addCleanup(client.close)
        return client

    def assert_fails(self, code, action, *arguments, **keywords):
        """The status that `action` fails with, whose code must be `code`."""
        with self.assertRaises(RpcError) as caught:
            action(*arguments, **keywords)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        return caught.exception.status


SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')


def metrics(client):
    """Every sample of GetMetrics: {(name, labels as written): value}."""
    text = client.unary(echo("GetMetrics"), EchoRequest()).text
    matches = (SAMPLE.match(line) for line in text.splitlines() if not line.startswith("#"))
    return {(m[1], m[2] or ""): float(m[3]) for m in matches if m}


def malformed(client):
    """What the server has counted as malformed: {reason: count}, without zeros."""
    samples = metrics(client).items()
    return {re.search(r'reason="([^"]*)"', labels)[1]: int(value)
            for (name, labels), value in samples if name == "rdrec_transport_malformed_total" and value}
