#!/usr/bin/env python3
"""Holds the built kernels against their promise: wide instructions are in the files of their own set alone, and are there.

A machine without an instruction stops at it, and the compiler puts it wherever a target attribute reaches. Disassembles the objects of
CKernels, prints one line a fault and exits 1 when there is one. On other architectures than x86-64 there is nothing to hold.

Usage: instructions.py BUILD_FOLDER     (as `swift build --show-bin-path` prints it)
"""

import platform
import re
import subprocess
import sys
from pathlib import Path

WIDE = {"avx512.c.o", "avx512_vnni.c.o", "avx512_bf16.c.o", "avx512_amx.c.o"}
SETS = WIDE | {"avx2.c.o"}
BF16 = {"avx512_bf16.c.o", "avx512_amx.c.o"}
# A line begins with its address; a mnemonic stands after it.
MNEMONIC = r"(?m)^(?:[ \t]*[0-9a-f]+:)?[ \t]*(?:\{\w+\}[ \t]*)?"
# What marks a set in the disassembly, the only objects that may have it, and those that must.
MARKS = {
    "a 256-bit register": (re.compile(r"%ymm"), SETS, {"avx2.c.o"}),
    "a fused multiply-add": (re.compile(r"\bvfn?m(add|sub)"), SETS, {"avx2.c.o", "avx512.c.o", "avx512_vnni.c.o"}),
    "a 512-bit register": (re.compile(r"%zmm"), WIDE, WIDE),
    # AVX reaches the 128-bit registers too: all its mnemonics, and no older ones but these, begin with a v.
    "an AVX instruction": (re.compile(MNEMONIC + r"v(?!err|erw|m(call|clear|launch|ptr|read|resume|write|x))\w+"), SETS, SETS),
    "a register of AVX-512": (re.compile(r"%k[0-7]\b|%[xy]mm(1[6-9]|2\d|3[01])\b"), WIDE, set()),
    # No set asks for BMI. Not tzcnt: the compiler writes it for bsf, which older processors take it for.
    "a BMI instruction": (
        re.compile(MNEMONIC + r"(andn|bextr|blsi|blsmsk|blsr|bzhi|lzcnt|mulx|pdep|pext|rorx|sarx|shlx|shrx)[lqw]?\b"), set(), set()),
    # Clang takes popcnt for granted where AVX is.
    "a bit count": (re.compile(MNEMONIC + r"popcnt[lqw]?\b"), SETS, set()),
    "a byte dot product": (re.compile(r"\bvpdpbusds?\b"), {"avx512_vnni.c.o"}, {"avx512_vnni.c.o"}),
    "a bfloat16 dot product": (re.compile(r"\bvdpbf16ps\b"), {"avx512_bf16.c.o"}, {"avx512_bf16.c.o"}),
    "a rounding to bfloat16": (re.compile(r"\bvcvtne2?ps2bf16\b"), BF16, BF16),
    "a tile register": (re.compile(r"%tmm[0-7]"), {"avx512_amx.c.o"}, {"avx512_amx.c.o"}),
    "a tile's bfloat16 product": (re.compile(r"\btdpbf16ps\b"), {"avx512_amx.c.o"}, {"avx512_amx.c.o"}),
    "a tile's configuration": (re.compile(r"\b(ldtilecfg|tilerelease)\b"), {"avx512_amx.c.o"}, {"avx512_amx.c.o"}),
}


def faults(name, code):
    """What is wrong with one object's disassembly."""
    for what, (pattern, allowed, required) in MARKS.items():
        found = pattern.search(code)
        if found and name not in allowed:
            line = code[: found.start()].count("\n")
            yield f"{name}: has {what}: {code.splitlines()[line].strip()}"
        if not found and name in required:
            yield f"{name}: lacks {what}, which it is there for"


def main():
    if platform.machine() != "x86_64":
        return 0
    objects = sorted(Path(sys.argv[1], "CKernels.build").rglob("*.o"))
    expected = set().union(*(required for _, _, required in MARKS.values()))
    missing = expected - {path.name for path in objects}
    found = [f"{name}: was not built" for name in sorted(missing)]
    for path in objects:
        code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], check=True, stdout=subprocess.PIPE).stdout.decode()
        found += faults(path.name, code)
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
