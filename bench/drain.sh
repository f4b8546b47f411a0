#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How long PostgreSQL takes to archive a backlog of 16 MiB segments of pgbench, by archive_command: a command that does
# nothing, cp, zstd -1, pgBackRest (where it is installed) and Tidemark where no process stays, as it is, and with a
# process that has stayed after 32 older segments; Tidemark also to S3 on loopback (where the build has fetched S3Proxy).
# All drain the same segments, each into a place of its own. Machines are noisy: read the ratios, and run it on a quiet one. See bench/README.md.
# Usage: bench/drain.sh [SEGMENTS [NAME...]], as an ordinary user, after the build.
set -euo pipefail
segments=${1:-64}
shift || true
names=("$@")
warm=
[ ${#names[@]} -gt 0 ] || names=(true cp zstd pgbackrest-sync pgbackrest-async directory-one directory
    directory-warm s3 s3-warm)
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/dist/target/tidemark/bin/tidemark
. "$root/bench/s3proxy.sh"
initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || { echo "needs PostgreSQL in /usr/lib/postgresql" >&2; exit 2; }
bin=$(dirname "$initdb")
work=$(mktemp -d)
server=
trap '"$bin/pg_ctl" -D "$work/data" -m immediate stop > "$work/stop" 2>&1 || true; [ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
status=$work/data/pg_wal/archive_status
sql() { psql -q -X -A -t -h "$work" -p 5432 -U tidemark postgres "$@" > "$work/sql" 2>&1; }
archive_by() { sql -c "ALTER SYSTEM SET archive_command = '$1'" -c 'SELECT pg_reload_conf()'; }
# Of all processes, in ticks: the machine has to be quiet.
busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; }
waiting() { find "$status" -name '*.ready' | wc -l; }

"$initdb" -D "$work/data" -A trust -U tidemark --no-sync > "$work/initdb"
cat >> "$work/data/postgresql.conf" << EOF
unix_socket_directories = '$work'
listen_addresses = ''
port = 5432
archive_mode = on
archive_command = 'false'
max_wal_size = '16GB'
wal_keep_size = '16GB'
EOF
"$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start > "$work/start"
mkdir "$work/cp" "$work/zstd"

# A repository, configuration and spool for one way. archive_command sets the variables itself.
tidemark_for() { # NAME
    local url=file://$work/$1 server_options=
    case $1 in s3*)
        [ -n "$server" ] || { start_s3proxy 58022 && server=$s3proxy; } || return 1
        url=s3://bench/$1
        server_options="endpoint = 'http://127.0.0.1:58022'
access-key-id = 'bench'
secret-access-key-file = '$work/secret'"
        ;;
    esac
    mkdir -p "$work/$1"
    cat > "$work/$1.toml" << EOF
[repository.one]
url = '$url'
$server_options
[cluster.main]
conninfo = 'host=$work port=5432 user=tidemark dbname=postgres'
data-directory = '$work/data'
EOF
    variables="TIDEMARK_CONFIG=$work/$1.toml TIDEMARK_HOST_SPOOL=$work/spool-$1"
    env TIDEMARK_CONFIG="$work/$1.toml" TIDEMARK_HOST_SPOOL="$work/spool-$1" "$program" init > "$work/init"
}

pgbackrest_for() { # NAME
    cat > "$work/$1.conf" << EOF
[global]
repo1-path=$work/$1
spool-path=$work/$1-spool
lock-path=$work/$1-lock
process-max=$(nproc)
compress-type=zst
compress-level=1
log-level-console=off
log-level-file=off
[main]
pg1-path=$work/data
pg1-socket-path=$work
pg1-user=tidemark
EOF
    backrest="pgbackrest --config=$work/$1.conf --stanza=main"
    archive_by "$backrest archive-push %p"
    $backrest stanza-create
    archive_by false
}

"$bin/pgbench" -h "$work" -p 5432 -U tidemark -i -s 20 -q postgres > "$work/pgbench" 2>&1
sql -c 'SELECT pg_switch_wal()'
while [ "$(waiting)" -lt $((segments + 32 + 8)) ]; do
    sql -c CHECKPOINT # so that pages are in the WAL again
    "$bin/pgbench" -h "$work" -p 5432 -U tidemark -c 4 -T 2 -N postgres > "$work/pgbench" 2>&1
done
# The newest: those of the initialization are full of zeros.
mapfile -t backlog < <(find "$status" -name '*.ready' -printf '%f\n' | sort | tail -n "$segments")
mapfile -t earlier < <(find "$status" -name '*.ready' -printf '%f\n' | sort | tail -n $((segments + 32)) | head -n 32)
find "$status" -name '*.ready' -delete

drain() { # TEXT COMMAND [FILE]...
    local begun ended ticks name text=$1 command=$2 files=("${@:3}")
    [ -n "$warm" ] || pkill -u "$(id -u)" -f org.tidemark.cli.wal.WalMain || true # one that has stayed
    [ ${#files[@]} -gt 0 ] || files=("${backlog[@]}")
    archive_by "$command"
    sync
    sleep 2
    sleep 1
    ticks=$(busy)
    begun=$(date +%s%N)
    for name in "${files[@]}"; do
        rm -f "$status/${name%.ready}.done"
        : > "$status/$name"
    done
    sql -c 'SELECT txid_current()' -c 'SELECT pg_switch_wal()' # which wakes the archiver
    while [ "$(waiting)" -gt 0 ]; do
        [ $(($(date +%s%N) - begun)) -lt 600000000000 ] || { tail -n 5 "$work/log" >&2; exit 1; }
        sleep 0.05
    done
    ended=$(date +%s%N)
    ticks=$(($(busy) - ticks))
    awk -v name="$text" -v count="${#files[@]}" -v nanos=$((ended - begun)) -v ticks="$ticks" -v hertz="$(getconf CLK_TCK)" \
        '{ printf "%-42s %8d %8.2f %12.1f %14.1f\n", name, count, nanos / 1e9, nanos / 1e6 / count,
            ticks * 1000 / hertz / count }' <<< ''
}

echo "$(nproc) processors"
printf '%-42s %8s %8s %12s %14s\n' 'archive_command' segments 'wall (s)' 'ms/segment' 'CPU ms/segment'
for name in "${names[@]}"; do
    case $name in
        true) drain 'true' /bin/true ;;
        cp) drain 'cp + sync' "cp %p $work/cp/%f && sync $work/cp/%f" ;;
        zstd) drain 'zstd -1 + sync' "zstd -1 -q -f -o $work/zstd/%f.zst %p && sync $work/zstd/%f.zst" ;;
        pgbackrest-*)
            command -v pgbackrest > "$work/which" || continue
            pgbackrest_for "$name"
            option=--no-archive-async
            [ "$name" = pgbackrest-async ] && option=--archive-async
            drain "pgBackRest, ${name#pgbackrest-}" "$backrest $option archive-push %p"
            ;;
        *-one)
            tidemark_for "$name" || continue
            drain "wal-push to ${name%-one}, push-ahead = 0" \
                "$variables TIDEMARK_HOST_PUSH_AHEAD=0 $program wal-push %p"
            ;;
        *-warm)
            tidemark_for "$name" || continue
            drain "wal-push to ${name%-warm}, 32 older ones" "$variables $program wal-push %p" "${earlier[@]}"
            warm=yes
            drain "wal-push to ${name%-warm}, by what stayed" "$variables $program wal-push %p"
            warm=
            ;;
        directory | s3)
            tidemark_for "$name" || continue
            drain "wal-push to $name" "$variables $program wal-push %p"
            ;;
        *) echo "no such name: $name" >&2; exit 2 ;;
    esac
done
