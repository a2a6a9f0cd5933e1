#!/bin/sh
# with-lints.sh COMMAND…: runs a cargo command with Clippy's compiler, which is the usual one with more to say: what is
# built is linted on the way, and every lint is an error. `cargo clippy` would take all dependencies through it again.
set -eu

driver=$(rustup which clippy-driver 2>/dev/null || command -v clippy-driver) || {
    echo "with-lints: clippy-driver is missing: rustup component add clippy" >&2
    exit 1
}
RUSTC_WORKSPACE_WRAPPER=$driver
CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__ # as cargo-clippy hands arguments on
export RUSTC_WORKSPACE_WRAPPER CLIPPY_ARGS
exec "$@"
