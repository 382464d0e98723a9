#!/usr/bin/env bash
# Installs what a fresh Debian 12 machine lacks to build and test rdrec. Run it as often as you like: with nothing missing it
# changes nothing and asks the network nothing. Swift itself is only looked for, since how it is installed is the machine's affair.
#   Deploy/setup.sh [PACKAGE...]     PACKAGE: a Debian package more, as scripts name them that need it
set -euo pipefail

# Libraries and generators of the build, then what the Python checks import (with Debian's own /usr/bin/python3) and fetch-model.sh runs.
packages=(
    libprotobuf-c-dev protobuf-c-compiler protobuf-compiler
    libzmq3-dev
    libopenblas-dev
    libssl-dev
    libsqlite3-dev
    libsentencepiece-dev
    libarchive-dev zlib1g-dev
    pkg-config binutils
    python3 python3-protobuf python3-zmq python3-pip
    "$@"
)
swift_major=6
swift_minor=2

fail() {
    echo "setup: $1" >&2
    exit 1
}

install_missing_packages() {
    command -v dpkg-query > /dev/null || fail "dpkg-query not found: this script knows Debian 12; elsewhere install the
equivalents of: ${packages[*]}"

    local missing=() package status
    for package in "${packages[@]}"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null) || status=absent
        [[ $status == installed ]] || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        echo "setup: all ${#packages[@]} Debian packages are there"
        return
    fi

    local as_root=()
    if ((EUID != 0)); then
        command -v sudo > /dev/null || fail "missing Debian packages, and neither root nor sudo to install them with. As root, run:
    apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    echo "setup: installing ${missing[*]}"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

check_swift() {
    command -v swift > /dev/null || fail "swift is not on the PATH. Install Swift $swift_major.$swift_minor or later for Debian 12
and put its usr/bin folder on the PATH."

    local text
    text=$(swift --version 2>&1) || fail "swift --version failed: $text"
    [[ $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "cannot read a version from swift --version: $text"
    local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    if ((major < swift_major || (major == swift_major && minor < swift_minor))); then
        fail "$(command -v swift) is Swift $major.$minor, and $swift_major.$swift_minor or later is needed.
Install a newer one and put its usr/bin folder first on the PATH."
    fi
    echo "setup: Swift $major.$minor at $(command -v swift)"
}

install_missing_packages
check_swift
