#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `serve` costs with many receivers: threads, memory, processor time, and how far each is from the server. All of
# them receive from one server, each for a cluster of its own name, so each archives the same WAL. See bench/README.md.
# Usage: bench/receivers.sh [RECEIVERS [MINUTES [TRANSACTIONS A SECOND]]], as an ordinary user, after the build.
set -euo pipefail
receivers=${1:-50}
minutes=${2:-10}
rate=${3:-20}
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/dist/target/tidemark/bin/tidemark
initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || { echo "needs PostgreSQL in /usr/lib/postgresql" >&2; exit 2; }
bin=$(dirname "$initdb")
work=$(mktemp -d)
serve=
cleanup() {
    [ -z "$serve" ] || kill "$serve" 2> /dev/null || true
    "$bin/pg_ctl" -D "$work/data" -m immediate stop > "$work/stop" 2>&1 || true
    wait
    rm -rf "$work"
}
trap cleanup EXIT
sql() { psql -q -X -A -t -h "$work" -p 5432 -U tidemark postgres -c "$1"; }

"$initdb" -D "$work/data" -A trust -U tidemark --no-sync > "$work/initdb"
cat >> "$work/data/postgresql.conf" << EOF
unix_socket_directories = '$work'
listen_addresses = ''
max_wal_senders = $((receivers + 5))
max_replication_slots = $((receivers + 5))
max_connections = $((receivers * 2 + 50))
EOF
"$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start > "$work/start"
"$bin/pgbench" -h "$work" -p 5432 -U tidemark -i -s 5 -q postgres > "$work/pgbench" 2>&1

port=$((20000 + RANDOM % 10000))
printf '[host]\nspool = "%s"\n[service]\nmetrics-listen = "127.0.0.1:%s"\n[repository.one]\nurl = "file://%s"\n' \
    "$work/spool" "$port" "$work/repository" > "$work/tidemark.toml"
for ((i = 1; i <= receivers; i++)); do
    name=$(printf 'c%03d' "$i")
    printf '[cluster.%s]\nconninfo = "host=%s port=5432 user=tidemark dbname=postgres"\nreceive-slot = "%s"\n' \
        "$name" "$work" "$name" >> "$work/tidemark.toml"
    sql "SELECT pg_create_physical_replication_slot('$name', true)" > "$work/slot"
done
mkdir "$work/spool"
chmod 0600 "$work/tidemark.toml"
for ((i = 1; i <= receivers; i++)); do
    "$program" init --config "$work/tidemark.toml" --cluster "$(printf c%03d "$i")" > "$work/init" 2>&1
done

"$program" serve --config "$work/tidemark.toml" > "$work/output" 2>&1 &
serve=$!
receiving() { sql "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"; }
for _ in $(seq 120); do
    [ "$(receiving)" -lt "$receivers" ] || break
    sleep 1
done
[ "$(receiving)" -ge "$receivers" ] || { echo "only $(receiving) of $receivers receive" >&2; tail "$work/output" >&2; exit 1; }
pid=$(pgrep -P "$serve" -x java || echo "$serve")
hertz=$(getconf CLK_TCK)
ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
lsn() { sql 'SELECT pg_current_wal_lsn()'; }
before=$(ticks)
start=$(lsn)
"$bin/pgbench" -h "$work" -p 5432 -U tidemark -c 4 -R "$rate" -T $((minutes * 60)) -N postgres > "$work/pgbench" 2>&1 &
load=$!
: > "$work/lags"
while kill -0 "$load" 2> /dev/null; do
    sql 'SELECT pg_current_wal_lsn() - min(flush_lsn) FROM pg_stat_replication' >> "$work/lags"
    sleep 1
done
ended=$(ticks)
end=$(lsn)
scrape=$(for _ in 1 2 3 4 5; do
    curl -s -o "$work/scraped" -w '%{time_total}\n' "http://127.0.0.1:$port/metrics" || true
done | sort -n | awk '{ t[NR] = $1 * 1000 } END { printf "%.0f, %.0f", t[3], t[NR] }')
echo "$(nproc) processors, $receivers receivers, $minutes minutes"
printf '%-44s %s\n' \
    'WAL of the server (MiB)' "$(($(sql "SELECT ('$end'::pg_lsn - '$start'::pg_lsn)::bigint") >> 20))" \
    'threads' "$(awk '/^Threads/ { print $2 }' "/proc/$pid/status")" \
    'memory, at most (MiB)' "$(awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$pid/status")" \
    'processor time a minute (s)' "$(awk -v ticks=$((ended - before)) -v hertz="$hertz" -v minutes="$minutes" 'BEGIN { printf "%.1f", ticks / hertz / minutes }')" \
    'not flushed by the last one, median, most (KiB)' "$(sort -n "$work/lags" | awk '{ t[NR] = $1 / 1024 } END { printf "%.0f, %.0f", t[int((NR + 1) / 2)], t[NR] }')" \
    'a scrape, median and longest (ms)' "$scrape" \
    'receivers at the end' "$(receiving)"
[ ! -s "$work/output" ] || { echo "what serve said, the first and last lines:"; sed -n '2,4p' "$work/output"; tail -n 3 "$work/output"; }
