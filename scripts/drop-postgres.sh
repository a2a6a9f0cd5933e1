#!/bin/sh
# drop-postgres.sh DATA_DIR: ends the private PostgreSQL of a data directory and deletes all it holds.
# Refuses while a process uses it.
set -eu

data=$1
# As root under a closed directory, the cluster is in /var/lib/ledgerdesk and this is a link to it.
cluster=$(cd "$data/postgres" 2>/dev/null && pwd -P) || exit 0

users=$data/postgres.users.lock
if [ -e "$users" ] && command -v flock >/dev/null 2>&1 && ! flock --nonblock "$users" true; then
    echo "The database in $data is in use: stop what uses it first." >&2
    exit 1
fi

# Whether the process that wrote postmaster.pid is still there, and not another with its number.
running() {
    pid=$(head -n 1 "$cluster/postmaster.pid" 2>/dev/null) || return 1
    if [ -d /proc/self ]; then
        [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$cluster" ]
    else
        kill -0 "$pid" 2>/dev/null
    fi
}

# Nothing needs saving, so it may end at once.
if running; then kill -QUIT "$pid"; fi
for _ in $(seq 100); do
    running || break
    sleep 0.1
done
if running; then
    echo "PostgreSQL (process $pid) does not end." >&2
    exit 1
fi
rm -rf -- "$cluster" "$data/postgres" "$data/postgres.init"
