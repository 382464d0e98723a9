"""The Swift side: a wire-mirror process that decodes what it is sent and encodes it again."""

import struct
import subprocess
import threading


class Mirror:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def reflect(self, name, frames):
        """For each frame of message type `name`: (True, bytes encoded again) or (False, why it was refused)."""
        packed = name.encode()
        head = struct.pack("<I", len(packed)) + packed
        request = b"".join(head + struct.pack("<I", len(frame)) + frame for frame in frames)
        # A thread of its own for writing: both pipes may be full at once.
        writer = threading.Thread(target=self._write, args=(request,))
        writer.start()
        try:
            return [self._answer(name, frame) for frame in frames]
        finally:
            writer.join()

    def close(self):
        self.process.stdin.close()
        return self.process.wait()

    def _write(self, request):
        try:
            self.process.stdin.write(request)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the reader tells how it ended

    def _answer(self, name, frame):
        head = self._read(5, name, frame)
        status, count = struct.unpack("<BI", head)
        return status == 0, self._read(count, name, frame)

    def _read(self, count, name, frame):
        data = self.process.stdout.read(count)
        if len(data) < count:
            raise SystemExit(f"wire-mirror ended with status {self.process.wait()} at {name} {frame.hex()}")
        return data
