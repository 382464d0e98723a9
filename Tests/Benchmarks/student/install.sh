#!/usr/bin/env bash
# Installs what the student is compared with, PyTorch and Transformers from the Python package index, into a folder of its own,
# ${XDG_CACHE_HOME:-~/.cache}/rdrec/peers/pytorch-VERSION, and prints the Python that has them. With everything there nothing is done.
#   Tests/Benchmarks/student/install.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

torch=2.15.0
packages=("torch==$torch" transformers==5.23.0 numpy)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/rdrec/peers/pytorch-$torch

if [[ ! -f $folder/complete ]]; then
    "$here/../../../Deploy/setup.sh" python3-venv >&2
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    /usr/bin/python3 -m venv "$folder"
    echo "student/install: installing ${packages[*]} (some gigabytes, some minutes)" >&2
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" >&2 || {
        echo "student/install: pip could not install ${packages[*]}; is the package index reachable?" >&2
        exit 1
    }
    touch "$folder/complete"
fi
echo "$folder/bin/python"
