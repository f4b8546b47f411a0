# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # what it needs and gives are variables of the caller
# To be sourced by the benchmarks of base backups and restores: a cluster of PostgreSQL in $work with pgbench's tables of
# $scale and $files small files, Tidemark's repositories, pgBackRest if it is installed, and whole processes measured.
# Sets $root, $bin, $version, $work, $as, $pids, $server, $size, $repositories, $pgbackrest.

root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/dist/target/tidemark/bin/tidemark
# The newest PostgreSQL in /usr/lib/postgresql, or the one whose initdb, pg_ctl and postgres are in $POSTGRES_BIN.
initdb=${POSTGRES_BIN:+$POSTGRES_BIN/initdb}
initdb=${initdb:-$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)}
[ -x "$initdb" ] || { echo "needs PostgreSQL in /usr/lib/postgresql" >&2; exit 2; }
bin=$(dirname "$initdb")
version=$("$initdb" --version | sed 's/.* \([0-9][0-9]*\).*/\1/')

work=$(mktemp -d)
pids=()
# PostgreSQL refuses to run as root: then everything runs as another user.
as=()
if [ "$(id -u)" = 0 ]; then
    user=$(id -un postgres 2> /dev/null || echo nobody)
    as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
    chown "$user" "$work"
fi
cleanup() {
    "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop > /dev/null 2>&1 || true
    [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2> /dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work" || exit
export HOME=$work TMPDIR=$work

quietly() { # its output is shown only if it fails
    "${as[@]}" "$@" > "$work/output" 2>&1 || {
        echo "failed: $*" >&2
        cat "$work/output" >&2
        exit 1
    }
}
sql() {
    "${as[@]}" psql -qAt -v ON_ERROR_STOP=1 -h "$work" -p 5432 -U tidemark postgres "$@"
}

# --- the cluster: its archive_command does what the program that is measured needs, and nothing else -----------------
# pgBackRest refuses an archive_command without its name.

quietly "$initdb" -D "$work/data" -A trust -U tidemark -k --no-sync
cat >> "$work/data/postgresql.conf" << END
listen_addresses = ''
unix_socket_directories = '$work'
port = 5432
archive_mode = on
archive_command = 'sh $work/archive-by-tidemark-or-pgbackrest %p'
autovacuum = off
max_wal_size = 8GB
wal_level = replica
fsync = off
END
[ "$version" -lt 17 ] || echo 'summarize_wal = on' >> "$work/data/postgresql.conf"
echo true > "$work/archive-by-tidemark-or-pgbackrest"
quietly "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start
server=$(head -n 1 "$work/data/postmaster.pid")
quietly pgbench -i -q -s "$scale" -h "$work" -p 5432 -U tidemark postgres
sql -c 'VACUUM (FREEZE)' -c CHECKPOINT -c "ALTER SYSTEM SET fsync = on" -c 'SELECT pg_reload_conf()' > "$work/output"
# Names as long as those of relations, 1,000 in a directory as large as a cluster's.
if [ "$files" -gt 0 ]; then
    # shellcheck disable=SC2016 # for awk
    quietly awk -v n="$files" -v to="$work/data/files" 'BEGIN {
        system("mkdir -m 700 " to)
        for (i = 0; i < n; i++) {
            if (i % 1000 == 0) { directory = to "/" int(i / 1000); system("mkdir -m 700 " directory) }
            file = directory "/" 16384 + i
            printf "%0500d\n", i > file
            close(file)
        }
    }'
    quietly chmod -R u=rwX,go= "$work/data/files"
fi
size=$(sql -c 'SELECT sum(pg_database_size(oid)) FROM pg_database')
archive_with() { # COMMAND for every file of WAL from now on
    # shellcheck disable=SC2016 # the file of WAL, which that script is given
    printf 'exec %s "$1"\n' "$*" > "$work/archive.new"
    mv "$work/archive.new" "$work/archive-by-tidemark-or-pgbackrest"
}

# --- what is measured --------------------------------------------------------------------------------------------------

skip() {
    printf 'skipped: %s: %s\n' "$1" "$2"
}
# An sshd for this user that serves SFTP alone, and the programs on this host: sets $ssh_lines of a cluster and $ssh.
ssh_lines=()
ssh=()
serve_ssh() {
    local sshd port
    sshd=$(command -v sshd || echo /usr/sbin/sshd)
    [ -x "$sshd" ] || { skip ssh "not installed (apt-get install openssh-server)" && return 0; }
    mkdir -p /run/sshd 2> /dev/null || true
    for key in host_key client_key; do
        quietly ssh-keygen -q -t ed25519 -N '' -f "$work/$key"
    done
    for port in $(seq 20222 20322); do
        printf '%s\n' "ListenAddress 127.0.0.1" "Port $port" "HostKey $work/host_key" "PidFile none" \
            "AuthorizedKeysFile $work/client_key.pub" "StrictModes no" "UsePAM no" "PasswordAuthentication no" \
            "Subsystem sftp internal-sftp -R" > "$work/sshd_config"
        "${as[@]}" "$sshd" -D -e -f "$work/sshd_config" 2> "$work/sshd.log" &
        sleep 0.5
        if kill -0 $! 2> /dev/null; then
            pids+=($!)
            printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 "$work/host_key.pub")" > "$work/known_hosts"
            printf '%s\n' "IdentityFile $work/client_key" "IdentitiesOnly yes" "UserKnownHostsFile $work/known_hosts" \
                > "$work/ssh_config"
            ssh_lines=("ssh-host = \"ssh://127.0.0.1:$port\"" "ssh-config = \"$work/ssh_config\"")
            ssh=(ssh -F "$work/ssh_config" -p "$port")
            return
        fi
    done
    skip ssh "$(tail -n 1 "$work/sshd.log")"
}
repositories=()
tidemark_at() { # NAME URL [LINE-OF-THE-TABLE…]: a configuration with this repository alone
    local name=$1 url=$2
    shift 2
    {
        # In the file, not in a variable: recover tests which variables restore_command needs.
        printf '[host]\nspool = "%s"\n' "$work/spool-$name"
        printf '[repository.%s]\nurl = "%s"\n' "$name" "$url"
        [ $# = 0 ] || printf '%s\n' "$@"
        printf '[cluster.main]\nconninfo = "host=%s port=5432 user=tidemark dbname=postgres"\n' "$work"
        printf 'data-directory = "%s"\n' "$work/data"
        [ ${#ssh_lines[@]} = 0 ] || printf '%s\n' "${ssh_lines[@]}"
    } > "$work/$name.toml"
    TIDEMARK_CONFIG=$work/$name.toml quietly "$program" init --repository "$name"
    repositories+=("$name")
}
[ -z "${with_ssh-}" ] || serve_ssh
tidemark_at directory "file://$work/directory"

pgbackrest=()
if command -v pgbackrest > /dev/null; then
    cat > "$work/pgbackrest.conf" << END
[global]
repo1-path=$work/pgbackrest
repo1-retention-full=9
log-path=$work
lock-path=$work/lock
spool-path=$work/spool
process-max=2
compress-type=zst
compress-level=1
start-fast=y
log-level-console=warn
log-level-file=off
[main]
pg1-path=$work/data
pg1-socket-path=$work
pg1-user=tidemark
END
    pgbackrest=(pgbackrest --config="$work/pgbackrest.conf" --stanza=main)
    if "${as[@]}" "${pgbackrest[@]}" stanza-create > "$work/output" 2>&1; then
        version_of_pgbackrest=$(pgbackrest version)
    else
        skip pgBackRest "$(tail -n 1 "$work/output")"
        pgbackrest=()
    fi
else
    skip pgBackRest "not installed (apt-get install pgbackrest)"
fi

# --- measuring -------------------------------------------------------------------------------------------------------

# Hundredths of a second that the server's processes have used, archive_command and processes that have ended included.
server_time() {
    local sum=0 pid
    for pid in $server $(pgrep -P "$server"); do
        sum=$((sum + $(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$pid/stat" 2> /dev/null || echo 0)))
    done
    echo "$sum"
}
# A run of COMMAND: wall seconds, processor seconds of the command and its children, those of the server, the largest
# process in KiB.
measure() { # ROW COMMAND…
    local row=$1 before after
    shift
    sync
    before=$(server_time)
    quietly /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@"
    sleep 0.3
    after=$(server_time)
    awk -v server=$((after - before)) '{ printf "%s %.2f %.2f %s\n", $1, $2 + $3, server / 100, $4 }' \
        "$work/time" >> "$work/row-$row"
}
same() { # removes a restored directory; fails if its relations differ from the cluster's
    diff -rq -x pg_internal.init -x pgsql_tmp "$work/data/base" "$1/base" || {
        echo "$1 is not what was backed up" >&2
        exit 1
    }
    rm -rf "$1"
}

# --- the results -------------------------------------------------------------------------------------------------------

median() { # ROW COLUMN
    sort -n -k "$2" "$work/row-$1" | awk -v column="$2" '{ v[NR] = $column } END { print v[int((NR + 1) / 2)] }'
}
minimum() { # ROW COLUMN
    sort -n -k "$2" "$work/row-$1" | awk -v column="$2" 'NR == 1 { print $column }'
}
maximum() { # ROW COLUMN
    sort -n -k "$2" "$work/row-$1" | awk -v column="$2" 'END { print $column }'
}
mib() {
    awk -v bytes="$1" 'BEGIN { printf "%.0f", bytes / 1048576 }'
}
compare() { # ROW OTHER NAME GOAL: wall clock, minimum and median, and all processor time, the server's included
    [ -e "$work/row-$1" ] && [ -e "$work/row-$2" ] || return 0
    awk -v name="$3" -v goal="$4" -v l="$(minimum "$1" 1)" -v ol="$(minimum "$2" 1)" -v m="$(median "$1" 1)" \
        -v om="$(median "$2" 1)" -v c="$(median "$1" 2)" -v s="$(median "$1" 3)" -v oc="$(median "$2" 2)" \
        -v os="$(median "$2" 3)" 'BEGIN {
            printf "%-46s %8.2f %8.2f %10.2f %6s\n", name, l / ol, m / om, (c + s) / (oc + os), goal }'
}
heading() {
    printf '%-38s %8s %8s %8s %8s %8s %8s\n' '' 'wall (s)' 'wall (s)' 'user+sys' "server's" memory stored
    printf '%-38s %8s %8s %8s %8s %8s %8s\n' '' minimum median '(s)' '(s)' MiB MiB
}
show() { # ROW NAME
    [ -e "$work/row-$1" ] || return 0
    local stored=-
    [ ! -e "$work/size-$1" ] || stored=$(mib "$(cat "$work/size-$1")")
    printf '%-38s %8s %8s %8s %8s %8s %8s\n' "$2" "$(minimum "$1" 1)" "$(median "$1" 1)" "$(median "$1" 2)" \
        "$(median "$1" 3)" "$(mib $(($(maximum "$1" 4) * 1024)))" "$stored"
}
comparison() {
    printf '%-46s %8s %8s %10s %6s\n' 'times of the other' 'wall' 'wall' 'processor' goal
    printf '%-46s %8s %8s\n' '' minimum median
}
