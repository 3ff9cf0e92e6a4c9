#!/bin/sh
# Makes the virtual environment .venv with Python 3.11 or later and a pip that knows dependency groups.
set -eu

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=
for name in ${PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14; do
    if is_recent "$name"; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: LPDNN needs Python 3.11 or later on the PATH; install it, or say make PYTHON=/path/to/python" >&2
    exit 1
fi

# Debian keeps what venv needs in a package of its own.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    else
        echo "setup: $python has no ensurepip; install it (Debian: apt-get install python3-venv)" >&2
        exit 1
    fi
fi

if ! is_recent .venv/bin/python; then
    echo "setup: making .venv"
    "$python" -m venv --clear .venv
fi
.venv/bin/python -m pip install -qq -c constraints.txt 'pip>=25.1'
