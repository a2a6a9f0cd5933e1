#!/bin/sh
# Makes sure that this machine has what the desk is built with and runs on: cargo, a C compiler and the
# programs of a PostgreSQL server. Installs what is missing where it may, and says what to run where not.
# `setup.sh test` also wants rustfmt, clippy, nats-server, Python 3 (a second verifier of the log is written in it)
# with its aiosmtpd (the server that outgoing mail is tested against), moto (an S3-compatible server, in target/s3) and
# standardwebhooks, http-ece and py-vapid (what receivers check webhooks and what browsers are told with, in target/webhooks),
# `setup.sh bench` the load tool wrk.
set -eu

cd "$(dirname "$0")/.."
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
postgres_wanted=15

say() { printf 'setup: %s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# at_least HAVE WANTED: compares the first two numbers of two versions.
at_least() {
    have_major=${1%%.*} have_minor=${1#*.} wanted_major=${2%%.*} wanted_minor=${2#*.}
    have_minor=${have_minor%%.*} wanted_minor=${wanted_minor%%.*}
    [ "$have_major" -gt "$wanted_major" ] ||
        { [ "$have_major" -eq "$wanted_major" ] && [ "$have_minor" -ge "$wanted_minor" ]; }
}

# Runs a command as root; fails when we are not root and may not become it.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        return 1
    fi
}

package_manager() {
    for manager in apt-get dnf pacman apk brew; do
        if has "$manager"; then
            echo "$manager"
            return
        fi
    done
}

# What the package manager calls our needs: compiler, postgres, python, smtp, venv, nats, load.
packages_for() {
    case "$1 $2" in
    'apt-get compiler') echo 'gcc libc6-dev' ;;
    'apt-get postgres') echo 'postgresql' ;;
    'dnf compiler') echo 'gcc' ;;
    'dnf postgres') echo 'postgresql-server postgresql-contrib' ;;
    'pacman compiler') echo 'gcc' ;;
    'pacman postgres') echo 'postgresql' ;;
    'apk compiler') echo 'gcc musl-dev' ;;
    'apk postgres') echo 'postgresql postgresql-contrib' ;;
    'brew compiler') echo 'gcc' ;;
    'brew postgres') echo 'postgresql@17' ;;
    'pacman python') echo 'python' ;;
    *' python') echo 'python3' ;;
    'pacman smtp' | 'brew smtp') ;;
    'apk smtp') echo 'py3-aiosmtpd' ;;
    *' smtp') echo 'python3-aiosmtpd' ;;
    'apt-get venv') echo 'python3-venv' ;;
    *' venv') ;;
    *' nats') echo 'nats-server' ;;
    *' load') echo 'wrk' ;;
    esac
}

install_command() {
    case "$1" in
    apt-get) echo 'apt-get install -y --no-install-recommends' ;;
    dnf) echo 'dnf install -y' ;;
    pacman) echo 'pacman -S --noconfirm --needed' ;;
    apk) echo 'apk add' ;;
    brew) echo 'brew install' ;;
    esac
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Options::=--force-confold \
        --no-install-recommends "$@" >"$log" 2>&1
}

# Debian's package creates and starts a cluster of its own unless told not to beforehand.
apt_install_postgres() {
    defaults=/etc/postgresql-common/createcluster.conf
    if [ ! -e "$defaults" ]; then
        apt_install postgresql-common &&
            as_root sed -i -E 's/^#? *create_main_cluster.*/create_main_cluster = false/' "$defaults" || return 1
    fi
    apt_install "$@"
}

# shellcheck disable=SC2046 # the commands are words
install_as_told() {
    need=$1
    shift
    case "$manager" in
    apt-get)
        [ -n "${apt_updated:-}" ] || as_root apt-get update -qq >"$log" 2>&1 || return 1
        apt_updated=yes
        if [ "$need" = postgres ]; then apt_install_postgres "$@"; else apt_install "$@"; fi
        ;;
    brew) $(install_command brew) "$@" >"$log" 2>&1 ;;
    *) as_root $(install_command "$manager") "$@" >"$log" 2>&1 ;;
    esac
}

# install NEED NAME: installs the packages for a need, or says what to run.
install() {
    manager=$(package_manager)
    [ -n "$manager" ] || fail "$2 is missing, and no package manager that is known here: install it by hand"
    # shellcheck disable=SC2046 # package names are words
    set -- "$1" "$2" $(packages_for "$manager" "$1")
    need=$1 name=$2
    shift 2
    say "installing $name ($*)"
    log=$(mktemp)
    if ! install_as_told "$need" "$@"; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "cannot install $name; run this, then try again:  $(by_hand "$@")"
    fi
    rm -f "$log"
}

by_hand() {
    case "$manager" in
    apt-get) echo "sudo apt-get update && sudo $(install_command apt-get) $*" ;;
    brew) echo "$(install_command brew) $*" ;;
    *) echo "sudo $(install_command "$manager") $*" ;;
    esac
}

check_rust() {
    # Cargo as rustup installs it, where the shell has not been told of it yet.
    PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
    has cargo || fail "cargo is missing; run this, open a new shell, then try again:" \
        " curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    version=$(cargo --version | cut -d ' ' -f 2)
    at_least "$version" "$rust_wanted" ||
        fail "Rust $rust_wanted is needed, this is $version; run this, then try again:  rustup update stable"
}

check_lints() {
    for tool in rustfmt clippy; do
        if ! cargo "$(echo "$tool" | sed s/rustfmt/fmt/)" --version >/dev/null 2>&1; then
            has rustup || fail "$tool is missing: install it with the package manager that installed cargo"
            say "installing $tool"
            rustup component add "$tool" >/dev/null 2>&1 || fail "cannot: rustup component add $tool"
        fi
    done
}

check_compiler() {
    has cc || has gcc || has clang || install compiler 'a C compiler'
}

# The same places, in the same order, as infrastructure/src/private_postgres/binaries.rs.
postgres_bins() {
    if [ -n "${LEDGERDESK_POSTGRES_BIN:-}" ]; then
        echo "$LEDGERDESK_POSTGRES_BIN"
        return
    fi
    if has pg_ctl; then dirname "$(readlink -f "$(command -v pg_ctl)")"; fi
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        echo "$dir"
    done
}

# Prints the newest major version of a server found, nothing if there is none.
postgres_major() {
    postgres_bins | while read -r dir; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] && [ -x "$dir/postgres" ]; then
            "$dir/postgres" --version | sed -n 's/^[^0-9]*\([0-9]*\).*/\1/p'
        fi
    done | sort -n | tail -n 1
}

check_postgres() {
    major=$(postgres_major)
    if [ -z "$major" ] && [ -z "${LEDGERDESK_POSTGRES_BIN:-}" ]; then
        install postgres 'the PostgreSQL server'
        major=$(postgres_major)
    fi
    [ -n "$major" ] || fail "no PostgreSQL server found in: $(postgres_bins | tr '\n' ' ')"
    [ "$major" -ge "$postgres_wanted" ] && return
    if has apt-get; then
        fail "PostgreSQL $postgres_wanted or newer is needed, this system has $major; run this, then try again:" \
            " sudo apt-get install -y postgresql-common &&" \
            "sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql-17"
    fi
    fail "PostgreSQL $postgres_wanted or newer is needed, this system has $major: install a newer server," \
        "and name the directory of its programs in LEDGERDESK_POSTGRES_BIN"
}

check_python() {
    has python3 || install python 'Python 3'
}

# The system's Python, whatever else of that name comes first on the PATH: the package installs for that one.
check_smtp() {
    if smtp_works; then return; fi
    if [ -n "$(packages_for "$(package_manager)" smtp)" ]; then
        install smtp 'aiosmtpd, the SMTP server that outgoing mail is tested against'
    fi
    smtp_works || fail "aiosmtpd is missing; name a Python that has it in LEDGERDESK_SMTP_PYTHON, such as that of:" \
        " python3 -m venv ~/.smtp && ~/.smtp/bin/pip install aiosmtpd"
}

# in_venv PLACE PACKAGE…: no package manager has them, so they get an environment of their own. One that is there stays, and
# gets what it lacks.
in_venv() {
    place=$1
    shift
    say "installing $* ($place)"
    if "$place/bin/python3" -m pip --version >/dev/null 2>&1 || python3 -m venv "$place" >/dev/null 2>&1 ||
        { install venv 'the venv of Python' && python3 -m venv "$place"; }; then
        "$place/bin/python3" -m pip install --quiet "$@" >/dev/null 2>&1 || true
    fi
}

check_s3() {
    if s3_works; then return; fi
    in_venv target/s3 'moto[server]==5.2.5'
    s3_works || fail "moto is missing; name a Python that has it in LEDGERDESK_S3_PYTHON, such as that of:" \
        " python3 -m venv ~/.s3 && ~/.s3/bin/pip install 'moto[server]==5.2.5'"
}

receivers='standardwebhooks==1.1.0 http-ece==1.2.1 py-vapid==1.9.6'

check_webhooks() {
    if webhooks_work; then return; fi
    # shellcheck disable=SC2086 # the packages are words
    in_venv target/webhooks $receivers
    webhooks_work || fail "standardwebhooks, http-ece or py-vapid is missing; name a Python that has them in" \
        "LEDGERDESK_WEBHOOKS_PYTHON, such as that of:  python3 -m venv ~/.webhooks && ~/.webhooks/bin/pip install $receivers"
}

webhooks_work() {
    "${LEDGERDESK_WEBHOOKS_PYTHON:-target/webhooks/bin/python3}" -c 'import standardwebhooks, http_ece, py_vapid' 2>/dev/null
}

s3_works() { "${LEDGERDESK_S3_PYTHON:-target/s3/bin/python3}" -c 'import moto.server' 2>/dev/null; }

smtp_works() { "${LEDGERDESK_SMTP_PYTHON:-/usr/bin/python3}" -c 'import aiosmtpd' 2>/dev/null; }

# The tests start servers of their own; one that the package starts would only take the port.
check_nats() {
    if [ -n "${LEDGERDESK_NATS_SERVER:-}" ] || has nats-server || [ -x /usr/sbin/nats-server ]; then return; fi
    install nats 'nats-server, which the relay is tested against'
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now nats-server >/dev/null 2>&1 || true
    fi
}

check_rust
if [ "${1:-}" = test ]; then check_lints; fi
check_compiler
check_postgres
if [ "${1:-}" = test ]; then check_python; fi
if [ "${1:-}" = test ]; then check_smtp; fi
if [ "${1:-}" = test ]; then check_s3; fi
if [ "${1:-}" = test ]; then check_webhooks; fi
if [ "${1:-}" = test ]; then check_nats; fi
if [ "${1:-}" = bench ]; then has wrk || install load 'wrk, which sends the load'; fi
