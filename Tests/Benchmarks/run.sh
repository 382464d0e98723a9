#!/usr/bin/env bash
# Measures rdrec in release, beside its peers, in one run.
#   Tests/Benchmarks/run.sh SUITE [--quick] [--json FILE] [--pin CPUS] [--peers] [--only PART] [--threads N]
#   Tests/Benchmarks/run.sh teacher [--model GGUF] [--reviews JSON] …
#   Tests/Benchmarks/run.sh student [--interactions SEQUENTIAL.txt] …
# SUITE: rpc, kernels, teacher, student, store or serving. --peers brings in what is compared with:
#   rpc, kernels   nothing: the peer is part of every run, plain libzmq in C (Tests/Benchmarks/CPingPong); the machine's own peaks and
#                  OpenBLAS (Tests/Benchmarks/CPeaks)
#   teacher        llama.cpp on the same file and on its Q4_0 kind, in turns with ours (Tests/Benchmarks/llamacpp, whose build.sh takes
#                  some minutes the first time; some minutes each time without --quick)
#   store          nothing: its figures are rates of both ends of `rdrec import` on this machine
#   serving        nothing: answers while a training runs beside answers alone, of the same studentd in turns
#   student        RDRec's student in PyTorch, as its code runs it and at best practice (Tests/Benchmarks/student, whose install.sh takes
#                  some minutes and gigabytes the first time; the reference takes minutes and 12 GB each time)
# The teacher's model is the default one, which Deploy/fetch-model.sh fetches; --only raw, rationales, stream or load measures a part. The
# student's requests are drawn from --interactions, a user's items a line, and from a shop that is drawn where there are none.
# --pin keeps everything, both ends and their peers, on these processors: 0, or 0,1 (the default is no pinning).
set -euo pipefail
cd "$(dirname "$0")/../.."

arguments=()
pin=()
peers=
model=
interactions=()
while (($# > 0)); do
    case $1 in
        --peers) peers=yes ;;
        --pin)
            pin=(taskset -c "${2:?--pin needs processors, such as 0,1}")
            shift
            ;;
        --model)
            model=${2:?--model needs a GGUF file}
            shift
            ;;
        --interactions)
            interactions=(--interactions "${2:?--interactions needs a file}")
            shift
            ;;
        *) arguments+=("$1") ;;
    esac
    shift
done
case ${arguments[0]-} in
    kernels)
        # OpenBLAS 0.3.21 takes narrow kernels on processors that it does not know: its best that work are forced, so that the peer is at
        # its best.
        if grep -qw avx512bw /proc/cpuinfo; then export OPENBLAS_CORETYPE=SkylakeX; else export OPENBLAS_CORETYPE=Haswell; fi
        ;;
    teacher)
        [[ -n $model ]] || model=$(Deploy/fetch-model.sh)
        arguments+=(--model "$model")
        if [[ -n $peers ]]; then
            llamacpp=$(Tests/Benchmarks/llamacpp/build.sh "$model")
            arguments+=(--llamacpp "$llamacpp")
        fi
        ;;
    student)
        requests=$(mktemp "${TMPDIR:-/tmp}/rdrec-student-XXXXXX.json")
        trap 'rm -f "$requests"' EXIT
        /usr/bin/python3 -B Tests/Benchmarks/student/prepare.py "$requests" "${interactions[@]}" >&2
        arguments+=(--requests "$requests")
        if [[ -n $peers ]]; then
            python=$(Tests/Benchmarks/student/install.sh)
            arguments+=(--python "$python")
        fi
        ;;
esac
# These suites run them as processes.
if [[ ${arguments[0]-} == store || ${arguments[0]-} == serving ]]; then
    swift build -c release --product studentd >&2
    swift build -c release --product rdrec >&2
fi
swift build -c release --product rdrec-bench >&2
"${pin[@]}" "$(swift build -c release --show-bin-path)/rdrec-bench" "${arguments[@]}"
