#!/usr/bin/env python3
"""Tokens a second of llama.cpp alone: prompts of random tokens are read, then so many tokens are fed behind each, all sequences at a
time and none alike, with logits after each but without choosing a token from them. That is llama-batched-bench's way, and flatters it
beside an engine that chooses.

Prints a JSON object: tokens_per_second of both phases together, prompt_seconds, generated_per_second.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

# Positions that llama.cpp gives a sequence are a multiple of this.
CONTEXT_UNIT = 256
# It prints on a thread of its own, which at the end may lose the last lines, and they are the figures: seen on a busy machine.
TRIES = 5


def command(arguments):
    positions = -(-(arguments.prompt + arguments.new) // CONTEXT_UNIT) * CONTEXT_UNIT
    return [
        str(arguments.folder / "bin" / "llama-batched-bench"), "-m", str(arguments.model), "--output-format", "jsonl",
        "-t", str(arguments.threads), "-tb", str(arguments.threads), "-c", str(positions * arguments.sequences),
        "-npp", str(arguments.prompt), "-ntg", str(arguments.new), "-npl", str(arguments.sequences),
    ]  # fmt: skip


def figures(output):
    """Of the one line that is a JSON object; None when there is none."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    if len(lines) != 1:
        return None
    line = lines[0]
    return {"tokens_per_second": line["speed"], "prompt_seconds": line["t_pp"], "generated_per_second": line["speed_tg"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what build.sh prints")
    parser.add_argument("model", type=Path)
    parser.add_argument("--prompt", type=int, default=160)
    parser.add_argument("--new", type=int, default=59)
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    for _ in range(TRIES):
        done = subprocess.run(command(arguments), capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"batched_bench: llama-batched-bench failed with {done.returncode}: {done.stderr[-2000:]}")
        if found := figures(done.stdout):
            print(json.dumps(found))
            return
    sys.exit(f"batched_bench: llama-batched-bench printed no figures in {TRIES} runs")


if __name__ == "__main__":
    main()
