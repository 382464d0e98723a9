#!/usr/bin/env python3
"""Finds what must not be committed: paths of one machine, and marks of unfinished work.

Looks at every text file that git tracks or would track. Prints one line a fault and exits 1 when there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

# This file and its test have to spell what they look for.
EXEMPT = {"Deploy/checks/tidy.py", "Deploy/checks/test_tidy.py"}

RULES = [
    (re.compile(r"(^|[^A-Za-z0-9_.]|-[IL])/(work|farm|opt/swift-packages|home|root)/"), "a path of one machine"),
    (re.compile(r"\b(TODO|FIXME)\b"), "a mark of unfinished work"),
]


def faults(name, text):
    """The faults of one file: `name:line: what: the line`."""
    return [
        f"{name}:{number}: {what}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, what in RULES
        if pattern.search(line)
    ]


def main():
    root = Path(__file__).resolve().parents[2]
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout.decode("utf-8").split("\0")
    found = []
    for name in sorted(set(listed) - EXEMPT - {""}):
        file = root / name
        if file.is_symlink() or not file.is_file():
            continue
        content = file.read_bytes()
        if b"\0" not in content:
            found += faults(name, content.decode("utf-8", "replace"))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
