#!/usr/bin/env bash
# Fuzzes the decoding of frames, the state machines they drive, and the reading of model files, with libFuzzer:
# Tests/Fuzz/run.sh [SECONDS each, default 60] [CORPUS FOLDER].
#
# What must hold: no input crashes the process, hangs it or takes more than 1 GiB; what is decoded encodes and decodes to itself.
# The corpora start from the golden frames of PROTOCOL.md and the small models of LlamaModelTests. A failing input is left in the
# corpus folder as crash-*, with exit status 1; replay it with .build-fuzz/debug/fuzz-wire FILE.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1-60}
corpus=${2-.build-fuzz/corpus}
mkdir -p "$corpus"
# Byte 0 of an input chooses the type: 0 is Header.
awk '/^```(golden|malformed) / { name = $2 }
    /^header / { inside = 1; printf "%s%s %s", newline, name, $2; newline = "\n"; next }
    /^  / { if (inside) printf "%s", $1; next }
    { inside = 0 }
    END { print "" }' Protos/PROTOCOL.md | nl -ba | while read -r number name hex; do
    printf "\\x00$(sed 's/../\\x&/g' <<<"$hex")" >"$corpus/golden-$number-$name"
done

RDREC_FUZZ=1 swift build --sanitize=fuzzer --product fuzz-wire --scratch-path .build-fuzz
RDREC_FUZZ=1 swift build --sanitize=fuzzer --product fuzz-frames --scratch-path .build-fuzz
RDREC_FUZZ=1 swift build --sanitize=fuzzer --product fuzz-gguf --scratch-path .build-fuzz
# Without this Swift's own crash handler takes the trap and libFuzzer writes no crash file.
export SWIFT_BACKTRACE=enable=no
.build-fuzz/debug/fuzz-wire "$corpus" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=5 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="$corpus/"
mkdir -p "$corpus-frames"
.build-fuzz/debug/fuzz-frames "$corpus-frames" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=5 -max_len=1024 \
    -print_final_stats=1 -artifact_prefix="$corpus-frames/"
mkdir -p "$corpus-gguf"
cp Tests/LlamaModelTests/Fixtures/models/tiny-*.gguf Tests/LlamaModelTests/Fixtures/tokenizers/*.gguf "$corpus-gguf"
.build-fuzz/debug/fuzz-gguf "$corpus-gguf" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -max_len=32768 \
    -print_final_stats=1 -artifact_prefix="$corpus-gguf/"
