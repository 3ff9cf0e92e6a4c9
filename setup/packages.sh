#!/bin/sh
# Installs the system's packages that tests use (or, for "compiler", a C compiler if there is none) where this is
# Debian and we are root; else says which are missing.
set -eu

if [ "${1:-}" = compiler ]; then
    if command -v "${CC:-gcc}" >/dev/null || command -v clang >/dev/null || command -v cc >/dev/null; then
        exit 0
    fi
    PACKAGES="gcc libc6-dev"
else
    PACKAGES="gcc libc6-dev binutils cmake cppcheck clang libclang-rt-14-dev gcc-arm-none-eabi
        binutils-arm-none-eabi libnewlib-arm-none-eabi libhdf5-dev pkg-config
        libopenblas0-serial libblis4-serial libatlas3-base libxnnpack0 libdnnl-dev"
fi

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is no Debian; what tests and bundles use: $PACKAGES" >&2
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
echo "setup: not installed:$missing" >&2
echo "setup: what needs them is skipped, or says so. To install them, as root: apt-get install$missing" >&2
