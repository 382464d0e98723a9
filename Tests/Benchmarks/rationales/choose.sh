#!/usr/bin/env bash
# Compares prompts for rationales: has teacherd write rationales of the same reviews by each, and prints what they are worth as a table.
#   Tests/Benchmarks/rationales/choose.sh [--keep FOLDER] [--seed N] [--threads N] REVIEWS.csv.zip PROMPT.json…
# PROMPT.json: a prompt's file, as teacherd's --prompt-file takes it, or `standard` for the built-in prompt; prompts/ has those that were tried.
# --seed draws other reviews (default 1).
# --keep leaves the reviews and the rationales in the folder, and takes from there what is there already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "choose: $1" >&2
    exit 1
}

keep= seed=1 threads=0
while [[ ${1-} == --* ]]; do
    case $1 in
        --keep) keep=${2:?--keep needs a folder} ;;
        --seed) seed=${2:?--seed needs a number} ;;
        --threads) threads=${2:?--threads needs a number} ;;
        *) fail "$1 is no option" ;;
    esac
    shift 2
done
(($# >= 2)) || fail "it takes the reviews and at least one prompt"
data=$1
shift

teacher=
work=$(mktemp -d)
stop() {
    [[ -z $teacher ]] || { kill "$teacher" 2> "$work/kill.log" && wait "$teacher"; } || true
    teacher=
}
trap 'stop; rm -rf "$work"' EXIT
folder=${keep:-$work}
mkdir -p "$folder"

bin=$(cd "$here/../../.." && swift build -c release --show-bin-path)
for program in teacherd rdrec; do
    [[ -x $bin/$program ]] || fail "build first: swift build -c release --product $program"
done
[[ -f $folder/reviews.jsonl ]] || python3 "$here/reviews.py" "$data" --seed "$seed" > "$folder/reviews.jsonl"

# Writes the rationales by the prompt $1 to $2.
write() {
    local arguments=(--endpoint "ipc://$work/teacher.ipc" --http-port off --threads "$threads" --worker-id choose)
    [[ $1 == standard ]] || arguments+=(--prompt-file "$1")
    coproc TEACHER { exec "$bin/teacherd" "${arguments[@]}" 2> "$work/teacherd.log"; }
    teacher=$TEACHER_PID
    local line=
    until [[ $line == ready ]]; do
        read -r line <&"${TEACHER[0]}" || {
            cat "$work/teacherd.log" >&2
            fail "teacherd did not start with $1"
        }
    done
    "$bin/rdrec" rationale --endpoint "ipc://$work/teacher.ipc" --file "$folder/reviews.jsonl" --out "$2" >&2 || {
        [[ -f $2.failed.jsonl ]] || fail "no rationales by $1"
        cat "$2.failed.jsonl" >&2
    }
    stop
}

header=1
for prompt in "$@"; do
    name=$(basename "$prompt" .json)
    if [[ ! -f $folder/$name.jsonl ]]; then
        write "$prompt" "$work/$name.jsonl"
        # By review: what is held out goes by the order, and rationales are finished in another in each run.
        LC_ALL=C sort "$work/$name.jsonl" > "$folder/$name.jsonl"
    fi
    # Another seed holds out other rationales and draws other items to be told apart.
    for trial in 1 2 3 4 5; do
        "$bin/rdrec" rationales quality "$folder/$name.jsonl" --reviews "$folder/reviews.jsonl" --seed "$trial" --json
    done > "$work/quality.jsonl"
    python3 "$here/row.py" "$name" "$header" "$folder/$name.jsonl" < "$work/quality.jsonl"
    header=0
done
