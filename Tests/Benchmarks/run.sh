#!/usr/bin/env bash
# Measures rdrec in release, beside its peers, in one run.
#   Tests/Benchmarks/run.sh SUITE [--quick] [--json FILE] [--pin CPUS] [--peers]
# SUITE: rpc. Its peer, plain libzmq in C, is part of every run (Tests/Benchmarks/CPingPong), so that --peers adds nothing to it.
# --pin keeps everything, both ends and both libzmq contexts, on these processors: 0, or 0,1 (the default is no pinning).
set -euo pipefail
cd "$(dirname "$0")/../.."

arguments=()
pin=()
while (($# > 0)); do
    case $1 in
        --peers) ;;
        --pin)
            pin=(taskset -c "${2:?--pin needs processors, such as 0,1}")
            shift
            ;;
        *) arguments+=("$1") ;;
    esac
    shift
done
swift build -c release --product rdrec-bench >&2
exec "${pin[@]}" "$(swift build -c release --show-bin-path)/rdrec-bench" "${arguments[@]}"
