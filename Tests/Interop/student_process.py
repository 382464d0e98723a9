"""A studentd as a process of its own, with a store in a temporary folder."""

import os
import pathlib
import subprocess
import tempfile

from messages import student
from rdrec_client import Client

STUDENTD = os.environ.get("RDREC_STUDENTD", "")
# rdrec.v1.JobState
SUCCEEDED, FAILED, CANCELLED = 3, 4, 5


class StudentProcess:
    """One studentd without a teacher, ready when it is made, and a client of it."""

    def __init__(self, *options):
        if not STUDENTD:
            raise RuntimeError("RDREC_STUDENTD must hold the path of studentd; run.sh sets it")
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self._errors = tempfile.TemporaryFile()
        command = [
            STUDENTD, "--data", str(folder / "data"), "--endpoint", f"ipc://{folder}/student.ipc", "--teacher", "none", "--http-port", "off",
            *options,
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._errors, text=True)
        lines = iter(self._process.stdout.readline, "ready\n")
        endpoints = [line.split()[1] for line in self._until_end(lines) if line.startswith("listening ")]
        self.client = Client(endpoints[0])

    def _until_end(self, lines):
        for line in lines:
            if not line:
                text = self.errors()
                self.kill()
                raise RuntimeError(f"studentd ended before it was ready: {text}")
            yield line

    def call(self, method, **fields):
        """The reply of a unary method, by its name and its request's fields; raises RpcError."""
        method = student(method)
        return self.client.unary(method, method.request(**fields))

    def finish(self, job, patience=120):
        """Watches a job to its end; fails where it has not succeeded. `patience` is in seconds, from one event to the next."""
        watch = student("Jobs/WatchJob")
        events = self.client.open(watch, watch.request(job_id=job.job_id))
        while (event := events.receive(patience)) is not None:
            job = event.job
        if job.state != SUCCEEDED:
            raise AssertionError(f"{job.job_id} has ended in state {job.state}: {job.message}\n{self.errors()}")
        return job

    def errors(self):
        """What it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")

    def stop(self):
        """SIGTERM: its exit code."""
        self.client.close()
        self._process.terminate()
        return self._process.wait(60)

    def kill(self):
        """Ends it in any case and cleans up."""
        if hasattr(self, "client"):
            self.client.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()
