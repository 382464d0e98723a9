#!/bin/sh
# Builds t5-mirror and holds our checkpoints to Hugging Face's library, which Tests/Benchmarks/student/install.sh installs (gigabytes the
# first time): the stage `transformers` of Deploy/test.sh, which runs on request alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
python=$(Tests/Benchmarks/student/install.sh)
swift build -c release --product t5-mirror >&2
RDREC_T5_MIRROR=$(swift build -c release --show-bin-path)/t5-mirror
export RDREC_T5_MIRROR PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$python" -m unittest test_checkpoints "$@"
