#!/usr/bin/env bash
# Builds llama.cpp, which the teacher is compared with, for this very processor and prints the folder that holds it:
# ${XDG_CACHE_HOME:-~/.cache}/rdrec/peers/llama.cpp-VERSION, with the tools in bin/, llama.cpp's licence, and its fastest kind of the
# default model beside them. The source is what the PyPI package llama-cpp-python brings along, checked by its sha256 before any of it runs.
# With everything there for the processor nothing is done.
#   Tests/Benchmarks/llamacpp/build.sh [MODEL.gguf]     MODEL: the default model, which Deploy/fetch-model.sh fetches
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

version=0.3.36
sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
tools=(llama-batched-bench llama-server llama-quantize)
# Everything that this processor has; no BLAS, whose products know no quantised weights; nothing that asks the network.
options=(
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++ -DBUILD_SHARED_LIBS=OFF
    -DGGML_NATIVE=ON -DGGML_BLAS=OFF -DGGML_CCACHE=OFF
    -DLLAMA_BUILD_NUMBER=0 -DLLAMA_BUILD_COMMIT="$version"
    -DLLAMA_OPENSSL=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF
)
# Its products on AMX's tiles end by an illegal instruction in this version: without them it takes AVX-512's.
if grep -qw amx_tile /proc/cpuinfo; then
    options+=(-DCMAKE_C_FLAGS='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16' -DCMAKE_CXX_FLAGS='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16')
fi
folder=${XDG_CACHE_HOME:-$HOME/.cache}/rdrec/peers/llama.cpp-$version
# A build for another processor, or made in another way, is none.
stamp=$({
    echo "$sha256 ${options[*]}"
    grep -m 1 '^flags' /proc/cpuinfo || uname -m
} | sha256sum | cut -d ' ' -f 1)

fail() {
    echo "llamacpp/build: $1" >&2
    exit 1
}

build() {
    "$here/../../../Deploy/setup.sh" cmake ninja-build g++ python3-pip >&2
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    local work
    work=$(mktemp -d "$(dirname "$folder")/build.XXXXXX")
    trap "rm -rf '$work'" EXIT

    echo "llamacpp/build: downloading llama-cpp-python $version from the Python package index (about 77 MB)" >&2
    echo "llama-cpp-python==$version --hash=sha256:$sha256" > "$work/requirements.txt"
    /usr/bin/python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python --require-hashes \
        --dest "$work" --requirement "$work/requirements.txt" >&2 \
        || fail "pip could not download llama-cpp-python $version; is the package index reachable?"
    tar -xzf "$work/llama_cpp_python-$version.tar.gz" -C "$work" "llama_cpp_python-$version/vendor/llama.cpp"
    local source=$work/llama_cpp_python-$version/vendor/llama.cpp

    echo "llamacpp/build: building ${tools[*]} (some minutes)" >&2
    cmake -S "$source" -B "$work/build" -G Ninja "${options[@]}" >&2
    cmake --build "$work/build" --parallel "$(nproc)" --target "${tools[@]}" >&2

    mkdir "$work/done" "$work/done/bin"
    local tool
    for tool in "${tools[@]}"; do cp "$work/build/bin/$tool" "$work/done/bin/"; done
    cp "$source/LICENSE" "$work/done/"
    g++ --version | head -n 1 > "$work/done/compiler.txt"
    echo "$stamp" > "$work/done/stamp.txt"
    mv "$work/done" "$folder"
}

requantize() {
    local model=${1:-$("$here/../../../Deploy/fetch-model.sh")}
    local name
    name=$(basename "$model" .gguf)
    local target=$folder/${name%.Q4_1}.Q4_0.gguf
    [[ -f $target && $target -nt $model ]] && return
    echo "llamacpp/build: requantising $(basename "$model") to Q4_0, whose weights llama.cpp interleaves" >&2
    "$folder/bin/llama-quantize" --allow-requantize "$model" "$target.part" Q4_0 > "$folder/quantize.log" 2>&1 \
        || fail "llama-quantize failed: see $folder/quantize.log"
    mv "$target.part" "$target"
}

[[ -f $folder/stamp.txt && $(< "$folder/stamp.txt") == "$stamp" ]] || build
requantize "$@"
echo "$folder"
