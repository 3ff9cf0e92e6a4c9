#!/bin/sh
# Installs the system's packages that tests use where this is Debian and we are root; else says which are missing.
set -eu

PACKAGES="gcc libc6-dev binutils cmake cppcheck clang libclang-rt-14-dev gcc-arm-none-eabi binutils-arm-none-eabi
    libnewlib-arm-none-eabi libhdf5-dev pkg-config"

if ! command -v dpkg-query >/dev/null; then
    for tool in gcc cmake cppcheck clang arm-none-eabi-gcc pkg-config; do
        command -v $tool >/dev/null || echo "setup: $tool is not installed; the tests that need it are skipped" >&2
    done
    exit 0
fi

missing=
for package in $PACKAGES; do
    if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
        missing="$missing $package"
    fi
done
if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    echo "setup: installing$missing"
    if apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
fi
echo "setup: not installed, so that the tests that need them are skipped:$missing" >&2
echo "setup: as root: apt-get install$missing" >&2
