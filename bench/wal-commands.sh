#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One cold wal-push and one cold wal-fetch of a 16 MiB segment to a local directory, as whole processes, beside cp and
# zstd -1 of the same file in the same run. Machines are noisy: read the ratios, and run it on a quiet one.
# With a file of [repository.NAME] tables, one cold wal-push to each of them as well: what starting a store costs.
# Usage: bench/wal-commands.sh [ROUNDS [REPOSITORIES.toml]], as an ordinary user, after the build.
set -euo pipefail
rounds=${1:-7}
more=${2:-}
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/dist/target/tidemark/bin/tidemark
initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2> /dev/null | sort -V | tail -n 1)
[ -n "$initdb" ] || { echo "needs PostgreSQL in /usr/lib/postgresql" >&2; exit 2; }
bin=$(dirname "$initdb")
work=$(mktemp -d)
trap '"$bin/pg_ctl" -D "$work/data" -m immediate stop > "$work/stop" 2>&1 || true; rm -rf "$work"' EXIT

"$initdb" -D "$work/data" -A trust -U tidemark --no-sync > "$work/initdb"
"$bin/pg_ctl" -D "$work/data" -w -l "$work/log" -o "-k $work -c listen_addresses='' -p 5432" start > "$work/start"
export TIDEMARK_CONFIG=$work/tidemark.toml TIDEMARK_HOST_SPOOL=$work/spool
"$program" init --url "file://$work/repository" --conninfo "host=$work port=5432 user=tidemark dbname=postgres" \
    --config "$TIDEMARK_CONFIG" > "$work/init"
stores=
if [ -n "$more" ]; then
    cat "$more" >> "$TIDEMARK_CONFIG"
    stores=$(sed -n 's/^ *\[repository\.\([A-Za-z0-9_-]*\)\].*/\1/p' "$more")
    for store in $stores; do
        "$program" init --repository "$store" > "$work/init-$store"
    done
fi
sql=(-c 'CREATE TABLE t (i int, t text)')
for _ in $(seq "$rounds"); do
    sql+=(-c 'INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 150000) i' -c 'SELECT pg_switch_wal()')
done
psql -q -h "$work" -p 5432 -U tidemark postgres "${sql[@]}" > "$work/sql"
cd "$work/data"
# Another one each round: a segment that a store holds already is not sent again.
mapfile -t segments < <(ls pg_wal | grep -E '^[0-9A-F]{24}$' | head -n "$rounds")

# Prints wall seconds and peak resident memory (KiB) of one run.
measure() {
    /usr/bin/time -o "$work/time" -f '%e %M' "$@" > "$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
    cat "$work/time"
}
median() { # of a column of "$work/$1"
    sort -n -k "$2" "$work/$1" | awk -v column="$2" '{ v[NR] = $column } END { print v[int((NR + 1) / 2)] }'
}

for segment in "${segments[@]}"; do
    rm -f "$work/copy" "$work/copy.zst"
    measure sh -c "cp pg_wal/$segment $work/copy && sync $work/copy" >> "$work/cp"
    measure sh -c "zstd -1 -q -f -o $work/copy.zst pg_wal/$segment && sync $work/copy.zst" >> "$work/zstd"
    measure "$program" wal-push "pg_wal/$segment" >> "$work/push"
    measure "$program" wal-fetch "$segment" "$work/fetched" >> "$work/fetch"
    for store in $stores; do
        measure "$program" wal-push "pg_wal/$segment" --repository "$store" >> "$work/push-$store"
    done
    cmp "pg_wal/$segment" "$work/fetched"
done

base=$(median cp 1)
printf '%-28s %10s %12s %14s\n' "one 16 MiB segment, cold" "wall (s)" "times of cp" "memory (MiB)"
rows=('cp + sync:cp' 'zstd -1 + sync:zstd' 'tidemark wal-push:push' 'tidemark wal-fetch:fetch')
for store in $stores; do
    rows+=("wal-push to $store:push-$store")
done
for row in "${rows[@]}"; do
    file=${row#*:}
    wall=$(median "$file" 1)
    printf '%-28s %10s %12s %14s\n' "${row%%:*}" "$wall" "$(awk -v a="$wall" -v b="$base" 'BEGIN { if (b > 0) printf "%.1f", a / b; else print "-" }')" \
        "$(awk -v k="$(median "$file" 2)" 'BEGIN { printf "%.0f", k / 1024 }')"
done
echo "median of $rounds rounds"
