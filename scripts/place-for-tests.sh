#!/bin/sh
# place-for-tests.sh: prints the folder that the tests' PostgreSQL keeps its data in, which is made if it is missing.
# In memory where there is enough of it: every test makes and removes a database, which is a thousand small files,
# and a disk spends half of the tests' time on them. Nothing there outlives the run.
set -eu

cd "$(dirname "$0")/.."
memory=/dev/shm
wanted=4194304 # 4 GiB, in KiB
free=$(df -Pk "$memory" 2>/dev/null | awk 'NR == 2 { print $4 }')
place=$memory/ledgerdesk-tests-$(pwd -P | cksum | cut -d ' ' -f 1)
if [ "${free:-0}" -ge "$wanted" ] && [ -w "$memory" ]; then
    [ -d "$place" ] || mkdir -m 711 "$place"
    # Whoever else made it first may read and replace what is in it.
    if [ -O "$place" ] && [ ! -L "$place" ]; then
        [ -d "$place/tmp" ] || mkdir -m 711 "$place/tmp" # for whatever else tests write
        echo "$place"
        exit
    fi
fi
place=${CARGO_TARGET_DIR:-target}/test-data
mkdir -p "$place"
cd "$place"
pwd -P
