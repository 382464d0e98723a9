#!/usr/bin/env python3
"""Google's protobuf against Wire: the same messages must mean the same on both sides.

    Tests/Interop/differential/run.py [--mirror PATH] [--count 10000] [--seed 1]

What must hold, for every message type of the product and of the tests:
  1. whatever Google's protobuf encodes Wire takes, and what Wire encodes again is the same message and the same bytes;
  2. no damaged frame makes Wire crash;
  3. a damaged frame that Wire takes Google's protobuf takes too, and both read the same message.

Prints `N passed, M failed` at the end and exits with 1 if any failed. Needs protoc and python3-protobuf, and a built wire-mirror
(`swift build --product wire-mirror`).
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

import messages
from mirror import Mirror

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHOWN = 10


def load_types():
    """Every message class of Protos/ and Tests/Support/Protos/, by full name."""
    folders = [ROOT / "Protos", ROOT / "Tests/Support/Protos"]
    files = [str(path.relative_to(folder)) for folder in folders for path in sorted(folder.rglob("*.proto"))]
    with tempfile.TemporaryDirectory() as temporary:
        output = pathlib.Path(temporary, "set.pb")
        subprocess.run(
            ["protoc", *(f"--proto_path={folder}" for folder in folders), "--include_imports", f"--descriptor_set_out={output}", *files],
            check=True)
        descriptor_set = descriptor_pb2.FileDescriptorSet.FromString(output.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_set.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)

    def walk(prefix, protos):
        for proto in protos:
            name = f"{prefix}.{proto.name}"
            yield name, factory.GetPrototype(pool.FindMessageTypeByName(name))
            yield from walk(name, proto.nested_type)

    return dict(pair for file in descriptor_set.file for pair in walk(file.package, file.message_type))


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, name, frame, what):
        if good:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= SHOWN:
            print(f"{name} {frame.hex()}: {what}", file=sys.stderr)


def good_frames(tally, mirror, name, message_type, source, count):
    """Promise 1. Returns some of the frames, to be damaged."""
    kept = []
    for start in range(0, count, 1000):
        made = [messages.fill(source, message_type()) for _ in range(min(1000, count - start))]
        frames = [message.SerializeToString(deterministic=True) for message in made]
        for message, frame, (taken, answer) in zip(made, frames, mirror.reflect(name, frames)):
            if not taken:
                tally.check(False, name, frame, f"refused: {answer.decode()}")
            else:
                tally.check(message_type.FromString(answer) == message and answer == frame, name, frame, f"came back as {answer.hex()}")
        kept += frames[:200]
    return kept


def damaged_frames(tally, mirror, name, message_type, source, frames, count):
    """Promises 2 and 3. Returns how many of the frames Wire took."""
    damaged = [messages.mutated(source, source.choice(frames)) for _ in range(count)]
    taken_count = 0
    for frame, (taken, answer) in zip(damaged, mirror.reflect(name, damaged)):
        if not taken:
            tally.check(b"protobuf-c does not unpack" not in answer, name, frame, "passes the pre-scan and not protobuf-c")
            continue
        taken_count += 1
        try:
            theirs = message_type.FromString(frame)
        except DecodeError:
            tally.check(False, name, frame, "Wire takes it and Google's protobuf does not")
            continue
        ours = message_type.FromString(answer)
        tally.check(messages.canonical(theirs) == messages.canonical(ours), name, frame, f"read differently: {answer.hex()}")
    return taken_count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", default=str(ROOT / ".build/debug/wire-mirror"))
    parser.add_argument("--count", type=int, default=10_000, help="random messages of each type, and as many damaged frames")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not pathlib.Path(options.mirror).exists():
        sys.exit(f"no {options.mirror}: swift build --product wire-mirror, or give --mirror PATH")

    tally, mirror, taken = Tally(), Mirror(options.mirror), 0
    types = load_types()
    for index, (name, message_type) in enumerate(sorted(types.items())):
        source = random.Random(options.seed * 1000 + index)
        frames = good_frames(tally, mirror, name, message_type, source, options.count)
        taken += damaged_frames(tally, mirror, name, message_type, source, frames, options.count)
    tally.check(mirror.close() == 0, "wire-mirror", b"", "did not end with status 0")
    tally.check(taken > 0, "wire-mirror", b"", "took none of the damaged frames: they test nothing")
    print(f"{len(types)} message types, seed {options.seed}, {taken} damaged frames taken by both")
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
