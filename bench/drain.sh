#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How long PostgreSQL takes to archive a backlog of 16 MiB segments, by archive_command: a command that does nothing,
# cp, zstd -1, pgBackRest (where it is installed) and Tidemark without and with its resident archiver, all in one run.
# Each gets a backlog of its own, of WAL of the same kind. Machines are noisy: read the ratios, and run it on a quiet one. See bench/README.md.
# Usage: bench/drain.sh [SEGMENTS [NAME...]], as an ordinary user, after the build.
set -euo pipefail
segments=${1:-64}
shift || true
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(true cp zstd pgbackrest-sync pgbackrest-async tidemark-one tidemark tidemark-resident)
root=$(cd "$(dirname "$0")/.." && pwd)
initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || { echo "needs PostgreSQL in /usr/lib/postgresql" >&2; exit 2; }
bin=$(dirname "$initdb")
work=$(mktemp -d)
trap '"$bin/pg_ctl" -D "$work/data" -m immediate stop > "$work/stop" 2>&1 || true; rm -rf "$work"' EXIT
ready=$work/data/pg_wal/archive_status
sql() { psql -q -X -A -t -h "$work" -p 5432 -U tidemark postgres "$@" > "$work/sql" 2>&1; }
archive_by() { sql -c "ALTER SYSTEM SET archive_command = '$1'" -c 'SELECT pg_reload_conf()'; }
waiting() { find "$ready" -name '*.ready' | wc -l; }

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
# archive_command inherits them from the server.
export TIDEMARK_CONFIG=$work/tidemark.toml TIDEMARK_HOST_SPOOL=$work/spool
"$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start > "$work/start"
"$root/tidemark" init --url "file://$work/repository" --conninfo "host=$work port=5432 user=tidemark dbname=postgres" \
    --config "$TIDEMARK_CONFIG" > "$work/init"
mkdir "$work/cp" "$work/zstd" "$work/pgbackrest" "$work/pgbackrest-spool"
cat > "$work/pgbackrest.conf" << EOF
[global]
repo1-path=$work/pgbackrest
spool-path=$work/pgbackrest-spool
lock-path=$work/pgbackrest-lock
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
if command -v pgbackrest > "$work/which"; then
    archive_by true
    pgbackrest --config="$work/pgbackrest.conf" --stanza=main stanza-create
fi
sql -c 'CREATE TABLE t (i int, t text)'

fill() {
    archive_by false
    sleep 1
    while [ "$(waiting)" -lt "$segments" ]; do
        sql -c 'INSERT INTO t SELECT i, md5(random()::text) FROM generate_series(1, 100000) i' \
            -c 'DELETE FROM t WHERE i % 7 = 0'
    done
    sql -c 'TRUNCATE t' -c CHECKPOINT
    sleep 1
}

drain() { # NAME COMMAND
    fill
    local count begun ended
    count=$(waiting)
    begun=$(date +%s%N)
    archive_by "$2"
    sql -c 'SELECT pg_switch_wal()' # which wakes the archiver
    while [ "$(waiting)" -gt 0 ]; do
        [ $(($(date +%s%N) - begun)) -lt 600000000000 ] || { tail -n 5 "$work/log" >&2; exit 1; }
        sleep 0.01
    done
    ended=$(date +%s%N)
    awk -v name="$1" -v count="$count" -v nanos=$((ended - begun)) \
        '{ printf "%-34s %8d %8.2f %12.1f\n", name, count, nanos / 1e9, nanos / 1e6 / count }' <<< ''
}

echo "$(nproc) processors"
printf '%-34s %8s %8s %12s\n' 'archive_command' segments 'wall (s)' 'ms/segment'
for name in "${names[@]}"; do
    backrest="pgbackrest --config=$work/pgbackrest.conf --stanza=main"
    case $name in
        true) drain 'true' /bin/true ;;
        cp) drain 'cp + sync' "cp %p $work/cp/%f && sync $work/cp/%f" ;;
        zstd) drain 'zstd -1 + sync' "zstd -1 -q -o $work/zstd/%f.zst %p && sync $work/zstd/%f.zst" ;;
        pgbackrest-*)
            command -v pgbackrest > "$work/which" || continue
            option=--no-archive-async
            [ "$name" = pgbackrest-async ] && option=--archive-async
            drain "pgBackRest, ${name#pgbackrest-}" "$backrest $option archive-push %p"
            ;;
        tidemark-one) drain 'tidemark wal-push, push-ahead = 0' "TIDEMARK_HOST_PUSH_AHEAD=0 $root/tidemark wal-push %p" ;;
        tidemark-resident)
            "$root/tidemark" archiver 2> "$work/archiver" &
            archiver=$!
            drain 'tidemark wal-push, tidemark archiver' "$root/tidemark wal-push %p"
            ticks=$(sed 's/.*) //' "/proc/$archiver/stat" | awk '{ print $12 + $13 }')
            awk -v ticks="$ticks" -v hertz="$(getconf CLK_TCK)" -v memory="$(grep VmHWM "/proc/$archiver/status")" \
                '{ split(memory, word, " ")
                   printf "    the archiver itself: %.2f s of CPU, at most %d MiB\n", ticks / hertz, word[2] / 1024 }' <<< ''
            kill "$archiver"
            wait "$archiver" || true
            ;;
        tidemark) drain 'tidemark wal-push' "$root/tidemark wal-push %p" ;;
        *) echo "no such name: $name" >&2; exit 2 ;;
    esac
done
