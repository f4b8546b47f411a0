#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The wall time of a real recovery of SEGMENTS segments of pgbench, once for each way to fetch them: cp, zstd,
# pgBackRest (if installed) without and with archive-async, Tidemark without and with prefetch. Every recovery starts
# from a copy of one base backup and must end with the same rows. Machines are noisy: read the ratios.
# The WAL is that of pgbench, or (messages) of logical messages: to replay these costs nothing, so only the fetching is
# measured. "in pg_wal" is the replay alone.
# Usage: bench/recovery.sh [SEGMENTS [ROUNDS [pgbench|messages]]], after the build; as root, PostgreSQL's user runs it.
set -euo pipefail
if [ "$(id -u)" = 0 ]; then
    user=$(id -un postgres 2> /dev/null || echo nobody)
    exec setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups env HOME=/tmp "$0" "$@"
fi
count=${1:-64}
rounds=${2:-3}
kind=${3:-pgbench}
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/dist/target/tidemark/bin/tidemark
initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || { echo "needs PostgreSQL in /usr/lib/postgresql" >&2; exit 2; }
bin=$(dirname "$initdb")
work=$(mktemp -d)
stop() { [ ! -e "$1/postmaster.pid" ] || "$bin/pg_ctl" -D "$1" -m immediate stop > "$work/stop" 2>&1 || true; }
trap 'stop "$work/data"; stop "$work/copy"; rm -rf "$work" || { sleep 3; rm -rf "$work"; }' EXIT
query() { psql -X -q -At -h "$work" -p "$1" -U tidemark postgres -c "$2"; }

"$initdb" -D "$work/data" -A trust -U tidemark --no-sync > "$work/initdb"
mkdir "$work/cp" "$work/zstd" "$work/pgbackrest" "$work/pgbackrest-spool"
export TIDEMARK_CONFIG=$work/tidemark.toml TIDEMARK_HOST_SPOOL=$work/spool
cat > "$work/archive" << SCRIPT
#!/bin/sh
[ -e "$work/ready" ] || exit 1
cp "\$1" "$work/cp/" && zstd -1 -q "\$1" -o "$work/zstd/\${1##*/}.zst" && "$program" wal-push "\$1" &&
    { [ ! -e "$work/pgbackrest.conf" ] || pgbackrest --config="$work/pgbackrest.conf" --stanza=main archive-push "\$1"; }
SCRIPT
chmod +x "$work/archive"
cat >> "$work/data/postgresql.conf" << CONF
unix_socket_directories = '$work'
listen_addresses = ''
archive_mode = on
archive_command = '$work/archive %p'
max_wal_size = '4GB'
fsync = off
shared_buffers = '256MB'
log_line_prefix = '%n '
CONF
"$bin/pg_ctl" -D "$work/data" -w -l "$work/log" -o '-p 5432' start > "$work/start"
"$program" init --url "file://$work/repository" --conninfo "host=$work port=5432 user=tidemark dbname=postgres" \
    --config "$TIDEMARK_CONFIG" > "$work/init"
ways=(cp zstd)
if command -v pgbackrest > /dev/null; then
    cat > "$work/pgbackrest.conf" << CONF
[global]
repo1-path=$work/pgbackrest
log-level-file=off
log-path=$work
lock-path=$work/pgbackrest-lock
spool-path=$work/pgbackrest-spool
process-max=2
compress-type=zst
compress-level=1
[main]
pg1-path=$work/data
pg1-port=5432
pg1-socket-path=$work
pg1-user=tidemark
CONF
    pgbackrest --config="$work/pgbackrest.conf" --stanza=main --log-level-console=error stanza-create
    ways+=(pgbackrest pgbackrest-async)
fi
ways+=(tidemark tidemark-prefetch)
touch "$work/ready"
"$bin/pgbench" -h "$work" -p 5432 -U tidemark -i -s 10 -q postgres > "$work/pgbench" 2>&1
"$bin/pg_basebackup" -h "$work" -p 5432 -U tidemark -D "$work/base" -c fast -X none > "$work/basebackup" 2>&1
begin=$(query 5432 'SELECT pg_current_wal_lsn()')
while [ "$(query 5432 "SELECT ((pg_current_wal_lsn() - '$begin') / (16 << 20))::int")" -lt "$count" ]; do
    case $kind in
        messages)
            query 5432 "SELECT count(pg_logical_emit_message(false, 'bench', m)) FROM generate_series(1, 400) i,
                LATERAL (SELECT string_agg(md5((i * j)::text), ' ') m FROM generate_series(1, 2000) j) t" > "$work/messages"
            ;;
        *) "$bin/pgbench" -h "$work" -p 5432 -U tidemark -c 4 -T 3 -N postgres >> "$work/pgbench" 2>&1 ;;
    esac
done
rows=$(query 5432 'SELECT count(*), sum(abalance) FROM pgbench_accounts')
query 5432 'SELECT pg_switch_wal()' > "$work/switch"
last=$(query 5432 'SELECT pg_walfile_name(pg_current_wal_lsn() - 1)')
for _ in $(seq 600); do
    [ "$(query 5432 'SELECT last_archived_wal FROM pg_stat_archiver')" \< "$last" ] || break
    sleep 1
done
stop "$work/data"
ways=('in pg_wal' "${ways[@]}")
pgbackrest="pgbackrest --config=$work/pgbackrest.conf --stanza=main --pg1-path=$work/copy"
command_of() {
    case $1 in
        'in pg_wal') echo false ;;
        cp) echo "cp $work/cp/%f %p" ;;
        zstd) echo "zstd -dcq $work/zstd/%f.zst > %p" ;;
        pgbackrest) echo "$pgbackrest archive-get %f %p" ;;
        pgbackrest-async) echo "$pgbackrest --archive-async --archive-get-queue-max=512MiB archive-get %f %p" ;;
        tidemark) echo "TIDEMARK_HOST_PREFETCH=0 $program wal-fetch %f %p" ;;
        tidemark-prefetch) echo "TIDEMARK_HOST_PREFETCH=512MiB $program wal-fetch %f %p" ;;
    esac
}
for _ in $(seq "$rounds"); do
    for way in "${ways[@]}"; do
        rm -rf "$work/copy" "$work"/pgbackrest-spool/* "$work/log-$way"
        cp -a "$work/base" "$work/copy"
        : > "$work/copy/recovery.signal"
        [ "$way" != 'in pg_wal' ] || cp "$work"/cp/???????????????????????? "$work/copy/pg_wal/"
        printf "restore_command = '%s'\narchive_mode = off\nhot_standby = off\nfsync = on\n" "$(command_of "$way")" >> "$work/copy/postgresql.auto.conf"
        sync
        "$bin/pg_ctl" -D "$work/copy" -w -t 600 -l "$work/log-$way" -o '-p 5433' start > "$work/start"
        until grep -q 'ready to accept connections' "$work/log-$way"; do sleep 0.2; done
        got=$(query 5433 'SELECT count(*), sum(abalance) FROM pgbench_accounts')
        [ "$got" = "$rows" ] || { echo "$way: other rows: $got, not $rows" >&2; exit 1; }
        # From PostgreSQL's own log, in milliseconds.
        awk '/starting archive recovery/ { start = $1 } /archive recovery complete/ { print int((($1 - start)) * 1000) }' \
            "$work/log-$way" | tail -n 1 >> "$work/ms-$way"
        stop "$work/copy"
    done
done
median() { sort -n "$work/ms-$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
segments=$(find "$work/cp" -type f | wc -l)
base=
[ ! -e "$work/ms-pgbackrest" ] || base=$(median pgbackrest)
printf '%-20s %12s %14s %20s\n' "$segments segments" 'wall (ms)' 'ms a segment' 'times of pgbackrest'
for way in "${ways[@]}"; do
    wall=$(median "$way")
    printf '%-20s %12s %14s %20s\n' "$way" "$wall" "$((wall / segments))" \
        "$(awk -v a="$wall" -v b="$base" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }')"
done
echo "median of $rounds rounds"
[ -z "${KEEP_LOGS-}" ] || cp "$work"/log* "$work"/ms-* "$KEEP_LOGS"
