#!/usr/bin/env bash
# Writes what is made from the .proto files and committed: protobuf-c's C, the Swift messages, the method tables, the
# service stubs, and the golden frames of PROTOCOL.md.
#
#   Protos/generate.sh            lint the schema and write it
#   Protos/generate.sh --check    lint the schema, change nothing; exit 1 and show the difference where what is committed is not what it
#                                 would write
#
# Needs Debian's protobuf-compiler, protobuf-c-compiler (protoc-c 1.4.1) and python3-protobuf.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=write
case "${1-}" in
    "") ;;
    --check) mode=check ;;
    *) echo "usage: Protos/generate.sh [--check]" >&2; exit 2 ;;
esac
for tool in protoc protoc-c /usr/bin/python3; do
    command -v "$tool" >/dev/null || { echo "generate.sh: $tool not found: apt-get install protobuf-compiler protobuf-c-compiler python3-protobuf" >&2; exit 2; }
done

# What is wholly generated: replaced in one piece, so that nothing stays of a .proto file that is gone.
owned=(
    Sources/CProtos/Generated Sources/CProtos/include/rdrec Sources/CProtos/include/grpc
    Sources/CProtos/include/CProtos.h Sources/CProtos/include/module.modulemap Sources/Wire/Generated Sources/RPC/Generated
    Tests/Support/CEchoProtos Tests/Support/EchoProtos/Generated Tests/WireTests/Generated
    Protos/PROTOCOL.md
)

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

# protobuf_c FOLDER PROTO_PATH FILE...: headers under include/, sources under Generated/.
protobuf_c() {
    local folder=$staging/$1 protos=$2
    shift 2
    mkdir -p "$folder/include" "$folder/Generated"
    protoc-c --proto_path="$protos" --c_out="$folder/include" "$@"
    (cd "$folder/include" && find . -name '*.pb-c.c') | while read -r file; do
        mkdir -p "$folder/Generated/$(dirname "$file")"
        mv "$folder/include/$file" "$folder/Generated/$file"
    done
}

mapfile -t product < <(cd Protos && find . -name '*.proto' | sed 's|^\./||' | LC_ALL=C sort)
mapfile -t test < <(cd Tests/Support/Protos && find . -name '*.proto' | sed 's|^\./||' | LC_ALL=C sort)

protoc --proto_path=Protos --include_imports --include_source_info --descriptor_set_out="$staging/product.pb" "${product[@]}"
protoc --proto_path=Tests/Support/Protos --proto_path=Protos --include_imports --include_source_info \
    --descriptor_set_out="$staging/test.pb" "${test[@]}"
export PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 Protos/generator/lint.py "$staging/product.pb" "$staging/test.pb"
protobuf_c Sources/CProtos Protos "${product[@]}"
protobuf_c Tests/Support/CEchoProtos Tests/Support/Protos "${test[@]}"
/usr/bin/python3 Protos/generator/main.py "$staging/product.pb" "$staging/test.pb" "$staging"

status=0
for path in "${owned[@]}"; do
    if [ "$mode" = check ]; then
        diff -ruN "$path" "$staging/$path" || status=1
    else
        rm -rf "$path"
        mkdir -p "$(dirname "$path")"
        cp -r "$staging/$path" "$path"
    fi
done
if [ "$status" != 0 ]; then
    echo "generate.sh: the committed code is not what the .proto files give: run Protos/generate.sh and commit what it writes" >&2
fi
exit "$status"
