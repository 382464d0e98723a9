#!/bin/sh
# Builds echo-server and studentd and runs the interop tests against them with Debian's Python (python3-zmq, python3-protobuf,
# protobuf-compiler).
# Arguments go to unittest: `run.sh test_unary -v`. Without any, all tests run. The exit code decides.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
swift build --product echo-server >&2
swift build --product studentd >&2
built=$(swift build --show-bin-path)
RDREC_ECHO_SERVER=$built/echo-server
RDREC_STUDENTD=$built/studentd
export RDREC_ECHO_SERVER RDREC_STUDENTD PYTHONDONTWRITEBYTECODE=1
cd "$here"
[ $# -gt 0 ] || set -- test_*.py
exec /usr/bin/python3 -m unittest "$@"
