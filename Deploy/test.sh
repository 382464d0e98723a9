#!/usr/bin/env bash
# Every check of the project, in stages; the first that fails ends the run with its name.
#   Deploy/test.sh                    all stages
#   Deploy/test.sh --stage NAME...    only these, in the order below; also those that run on request alone
#   Deploy/test.sh --list             the names
set -euo pipefail
cd "$(dirname "$0")/.."

# A stage a line: its name, then the function or the command it is. A new stage is a new line.
stages=(
    "setup        Deploy/setup.sh"
    "format       check_format"
    "generated    check_generated"
    "layers       check_layers"
    "tidy         /usr/bin/python3 -B Deploy/checks/tidy.py"
    "build        build_all"
    "tests        test_all"
    "release      build_release"
    "sets         test_sets"
    "models       test_models"
    "student      test_student"
    "threads      test_threads"
    "addresses    test_addresses"
    "differential test_differential"
    "interop      Tests/Interop/run.sh"
)

# Those that run by name alone: they bring in gigabytes.
on_request=(
    "transformers Tests/Interop/transformers/run.sh"
)

# The suites that hold threads, sockets and C memory; the others are pure and gain nothing from a sanitizer.
sanitized='^(TransportTests|RPCTests)\.|^KernelsTests\.(ThreadTeamTests|SharedWorkTests)'

# Generated Swift, in folders named Generated, is the generator's affair.
check_format() {
    find Sources Tests Package.swift -name '*.swift' -not -path '*/Generated/*' -exec swift format lint --strict --parallel {} +
}

# What is made from the .proto files is committed, and has to be what they make today.
check_generated() {
    /usr/bin/python3 -B -m unittest discover -s Protos/generator -p 'test_*.py'
    Protos/generate.sh --check
}

check_layers() {
    /usr/bin/python3 -B -m unittest discover -s Deploy/checks -p 'test_*.py'
    /usr/bin/python3 -B Deploy/checks/layers.py
}

# Warnings are errors by the manifest.
build_all() {
    swift build --build-tests --explicit-target-dependency-import-check error
}

# A target after the other: some start a dozen processes and load both cores, which would starve the rest. Those that
# need the default model or send much are in test_models, those that train in test_student.
test_all() {
    local target
    for target in KernelsTests WireTests TextCleaningTests StemmingTests EvaluationTests BaselinesTests RationaleStreamsTests StoreTests StudentTests PrometheusTests ReflectionTests DatasetsTests ModelFilesTests TokenizersTests RationaleQualityTests SampleShopTests TeacherTests TransportTests RPCTests CommandLineTests ProcessTests; do
        echo "-- $target"
        swift test --skip-build --filter "^$target\\." --skip '^TeacherTests\.(RealModel|Memory)Tests' --skip "$trained" --skip "$training"
    done
    echo "-- StudentTests, trainings"
    swift test --skip-build --no-parallel --filter "$training"
    echo "-- LlamaModelTests, small models"
    swift test --skip-build --filter '^LlamaModelTests\.(Reference|Hostile)'
    echo "-- T5ModelTests, the quick ones"
    # What takes nothing from the heap once it is optimised has boxes before.
    swift test --skip-build --filter '^T5ModelTests\.' --skip '^T5ModelTests\.(LearningTests|ResidentMemoryTests|MemoryTests/allocations)'
}

# Trainings compute, one after the other, while nobody waits beside them for an answer.
training='^StudentTests\.(TrainedActivation|Corpus|Follow|InitialCheckpoint|StudentRanker|Resume|TrainingJob|TrainingKill|RoundShop)Tests'
# Those that take minutes in debug.
trained='^StudentTests\.(SampleShopTrainingTests|PaperTests)'

# What users run is optimised: other inlining across modules, other undefined behaviour. Most tests run in debug.
build_release() {
    swift build -c release
    /usr/bin/python3 -B Deploy/checks/instructions.py "$(swift build -c release --show-bin-path)"
}

# The numerics as users have them, with each instruction set of this machine forced in turn.
test_sets() {
    local set
    RDREC_TEST_TARGETS=KernelsTests swift build -c release --build-tests
    for set in avx512_amx avx512_bf16 avx512_vnni avx512 avx2 generic; do
        if has_set "$set"; then
            echo "-- $set"
            RDREC_TEST_TARGETS=KernelsTests RDREC_ISA=$set test_kernels .build -c release
        else
            echo "-- $set: this machine lacks it"
        fi
    done
}

# The default model, alone and inside the daemon, and the daemon under great requests; all of it would take minutes in debug.
test_models() {
    RDREC_TEST_MODEL=$(Deploy/fetch-model.sh)
    export RDREC_TEST_MODEL RDREC_TEST_TARGETS="LlamaModelTests TeacherTests"
    swift build -c release --build-tests
    swift test -c release --skip-build --filter '^LlamaModelTests\.'
    swift test -c release --skip-build --filter '^TeacherTests\.(RealModel|Memory)Tests'
    RDREC_ISA=generic swift test -c release --skip-build --filter '^LlamaModelTests\.ReferenceModelTests'
}

# The student's model, and trainings of students: what they learn takes minutes in debug.
test_student() {
    export RDREC_TEST_TARGETS="T5ModelTests StudentTests"
    swift build -c release --build-tests
    swift test -c release --skip-build --filter '^T5ModelTests\.'
    swift test -c release --skip-build --filter "$trained"
}

# Whether the processor names what the set of that name needs, as Sources/CKernels/dispatch.c asks for it.
has_set() {
    local flag flags=""
    case $1 in
        avx2) flags="avx2 fma f16c" ;;
        avx512) flags="avx2 fma f16c avx512f avx512bw avx512dq avx512vl" ;;
        avx512_vnni) flags="avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni" ;;
        avx512_bf16) flags="avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni avx512_bf16" ;;
        avx512_amx) flags="avx2 fma f16c avx512f avx512bw avx512dq avx512vl avx512_vnni avx512_bf16 amx_tile amx_bf16" ;;
    esac
    for flag in $flags; do grep -qw "$flag" /proc/cpuinfo || return 1; done
}

# Every message of the schema there and back between Google's protobuf and ours.
test_differential() {
    swift build --product wire-mirror
    /usr/bin/python3 -B Tests/Interop/differential/run.py
}

test_threads() {
    TSAN_OPTIONS="suppressions=$PWD/Deploy/checks/tsan.supp" test_sanitized .build-tsan --sanitize=thread
}

# All kernels too: they read and write tails of vectors.
test_addresses() {
    # Kernels without any optimisation take five times as long here.
    test_sanitized .build-asan --sanitize=address -Xcc -O1
    test_kernels .build-asan --sanitize=address -Xcc -O1
}

# All kernels' tests of a build that is there; as below, what ran is read.
test_kernels() {
    local folder=$1
    shift
    rm -f "$folder/ran.xml"
    swift test --scratch-path "$folder" "$@" --disable-xctest --skip-build --filter '^KernelsTests\.' --xunit-output "$folder/ran.xml"
    grep -q '<testcase' "$folder/ran.xml" || { echo "no test of the kernels ran" >&2; return 1; }
}

# Runs the `sanitized` suites in a build folder of their own, a test at a time: all at once, each ten times slower, they would wait for
# the processor longer than a dead peer is given. The conversations of FrameScriptTests touch no memory but their own. Without --disable-xctest the empty XCTest run itself leaks. A filter that
# matches nothing passes by itself, so the list of what ran is read. Only these targets are built, and what they need.
test_sanitized() {
    local folder=$1
    shift
    export RDREC_TEST_TARGETS="KernelsTests RPCTests TransportTests"
    rm -f "$folder/ran.xml"
    swift test --scratch-path "$folder" "$@" --disable-xctest --no-parallel --filter "$sanitized" --skip FrameScriptTests --xunit-output "$folder/ran.xml"
    grep -q '<testcase' "$folder/ran.xml" || { echo "no test matches $sanitized" >&2; return 1; }
}

names() {
    local stage
    for stage in "${stages[@]}"; do echo "${stage%% *}"; done
}

wanted=()
case ${1-} in
    "") mapfile -t wanted < <(names) ;;
    --list)
        names
        exit
        ;;
    --stage)
        shift
        wanted=("$@")
        ;;
    *) wanted=() ;;
esac
if ((${#wanted[@]} == 0)); then
    echo "usage: Deploy/test.sh [--list | --stage NAME...]" >&2
    exit 2
fi
stages+=("${on_request[@]}")
known=" $(names | tr '\n' ' ')"
for name in "${wanted[@]}"; do
    if [[ $known != *" $name "* ]]; then
        echo "Deploy/test.sh: no stage is called '$name'; there are:$known" >&2
        exit 2
    fi
done

report=()
failed=""
finish() {
    echo
    printf '%-14s %8s\n' stage seconds
    if ((${#report[@]} > 0)); then printf '%s\n' "${report[@]}"; fi
    printf '%-14s %8d\n' total "$SECONDS"
    if [[ -n $failed ]]; then echo "FAILED: $failed" >&2; fi
}
trap finish EXIT

for stage in "${stages[@]}"; do
    read -r name command <<< "$stage"
    [[ " ${wanted[*]} " == *" $name "* ]] || continue
    echo
    echo "== $name"
    start=$SECONDS
    # A subshell that no condition surrounds: there set -e holds inside the functions too.
    set +e
    (
        set -e
        $command
    )
    code=$?
    set -e
    report+=("$(printf '%-14s %8d' "$name" $((SECONDS - start)))")
    if ((code != 0)); then
        failed="$name (exit code $code); again with: Deploy/test.sh --stage $name"
        exit "$code"
    fi
done
