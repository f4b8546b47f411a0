#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How long `wal-search` takes to find an accident in the archived WAL of pgbench, as whole processes: in its last part,
# and in all of it. pg_waldump reads the same WAL, which it needs uncompressed on this host: fetching it is a row of its
# own. Every round runs each of them once, in the other order than the round before. With --day, this WAL is then archived
# again and again, each time an hour later, and the last hour and the whole day are searched. See bench/README.md.
# Usage: bench/search.sh [--gib N] [--part PERCENT] [--scale N] [--rounds N] [--day HOURS], after the build; as root or
# not.
#   --gib N          WAL, in GiB; default 2
#   --part PERCENT   how much of it is the last part; default 5
#   --scale N        of pgbench, 15 MiB each; default 20
#   --rounds N       default 3
#   --day HOURS      with N GiB each, at most 24; default 0
set -euo pipefail
usage() {
    sed -n '/^# Usage/,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit "$1"
}
gib=2
part=5
scale=20
files=0
rounds=3
day=0
while [ $# -gt 0 ]; do
    case $1 in
        --gib) gib=${2:?} && shift 2 ;;
        --part) part=${2:?} && shift 2 ;;
        --scale) scale=${2:?} && shift 2 ;;
        --rounds) rounds=${2:?} && shift 2 ;;
        --day) day=${2:?} && shift 2 ;;
        --help) usage 0 ;;
        *) usage 2 >&2 ;;
    esac
done
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"

# --- what is searched --------------------------------------------------------------------------------------------------

export TIDEMARK_CONFIG=$work/directory.toml
archive_with env "TIDEMARK_CONFIG=$TIDEMARK_CONFIG" "$program" wal-push
sql -c 'CREATE TABLE early AS SELECT generate_series(1, 1000) a' -c 'CREATE TABLE late AS SELECT generate_series(1, 1000) a'
quietly "$program" backup --method local
first=$("$program" show-backup latest --json | sed -n 's/.*"walFirst" *: *"\([0-9A-F]*\)".*/\1/p' | head -n 1)
begun=$(sql -c 'SELECT pg_current_wal_insert_lsn()')
written() { sql -c "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$begun')::bigint"; }
load_until() { # BYTES of WAL, as fast as the server writes it
    while [ "$(written)" -lt "$1" ]; do
        PGOPTIONS='-c synchronous_commit=off' quietly pgbench -c 4 -T 5 -n -h "$work" -p 5432 -U tidemark postgres
    done
}
all=$((gib << 30))
load_until $((all * 2 / 100))
sql -c 'DROP TABLE early'
load_until $((all * (100 - part) / 100))
since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
edge=$(sql -c 'SELECT pg_walfile_name(pg_current_wal_insert_lsn())')
sleep 1
load_until $((all * (200 - part) / 200))
sql -c 'TRUNCATE late'
load_until "$all"
last=$(sql -c 'SELECT pg_walfile_name(pg_switch_wal())')
for _ in $(seq 600); do
    [ "$(sql -c "SELECT last_archived_wal >= '$last' FROM pg_stat_archiver")" = t ] && break
    sleep 1
done
transactions=$(sql -c "SELECT sum(xact_commit) FROM pg_stat_database")
quietly "$bin/pg_ctl" -D "$work/data" -m fast stop

# --- measuring -------------------------------------------------------------------------------------------------------

mkdir "$work/plain"
[ ${#as[@]} = 0 ] || chown "$user" "$work/plain"
fetch() { # FIRST: every segment from it to the last one
    local name=$1
    while :; do
        "$program" wal-fetch "$name" "$work/plain/$name" || return 1
        [ "$name" != "$last" ] || return 0
        name=$(next "$name")
    done
}
next() { # of segments of 16 MiB
    local log=$((16#${1:8:8})) segment=$((16#${1:16:8}))
    segment=$((segment + 1))
    [ "$segment" -le 255 ] || { segment=0 && log=$((log + 1)); }
    printf '%s%08X%08X\n' "${1:0:8}" "$log" "$segment"
}
search() { # ROW TABLE OPTION…: it must find what happened to the table
    local row=$1 table=$2
    shift 2
    measure "$row" bash -c 'reading "$@"' wal-search "$program" wal-search --table "$table" "$@"
    mv "$work/reading" "$work/reading-$row"
    grep -q "$table" "$work/output" || { cat "$work/output" >&2 && exit 1; }
}
number=0
dump() { # ROW FIRST
    number=$((number + 1))
    measure "$1" sh -c "exec '$bin/pg_waldump' -p '$work/plain' -s '$(lsn "$2")' -e '$(lsn "$(next "$last")")' > '$work/dump-$number'"
    tail -n 1 "$work/dump-$number" > "$work/tail"
    wc -l < "$work/dump-$number" > "$work/records-$1"
    rm "$work/dump-$number"
}
lsn() { printf '%X/%08X\n' $((16#${1:8:8})) $((16#${1:16:8} << 24)); }
count=$(((16#${last:8:8} - 16#${first:8:8}) * 256 + 16#${last:16:8} - 16#${first:16:8} + 1))
recent=$(((16#${last:8:8} - 16#${edge:8:8}) * 256 + 16#${last:16:8} - 16#${edge:16:8} + 1))
# What a command and its children have read, in bytes: files, and what comes through sockets.
reading() { # COMMAND…
    "$@" || return
    sed -n 's/^rchar: //p' "/proc/$BASHPID/io" > "$work/reading"
}
export -f fetch next reading
export program work last
echo "PostgreSQL $version, $(nproc) processors; $count segments, of which $recent in the last part; $transactions transactions"
echo "stored: $(du -sm "$work/directory" | cut -f 1) MiB with the backup"
measure fetch bash -c "fetch $first"
for round in $(seq "$rounds"); do
    rows=(part-search part-dump all-search all-dump)
    [ $((round % 2)) = 1 ] || rows=(all-dump all-search part-dump part-search)
    for row in "${rows[@]}"; do
        case $row in
            part-search) search "$row" late --since "$since" ;;
            part-dump) dump "$row" "$edge" ;;
            all-search) search "$row" early --since 30d ;;
            all-dump) dump "$row" "$first" ;;
        esac
    done
done
# --- a day ---------------------------------------------------------------------------------------------------------------

archive_again() { # COPY: as PostgreSQL would, one segment after the other
    local file
    mkdir "$work/again"
    java "$root/bench/RepeatWal.java" "$work/plain" "$work/again" "$1" || return 1
    for file in "$work"/again/*; do
        "$program" wal-push "$file" || return 1
    done
    rm -r "$work/again"
}
export -f archive_again
export root
if [ "$day" -gt 0 ]; then
    for copy in $(seq $((day - 1))); do
        quietly bash -c "archive_again $copy"
    done
    rm -r "$work/plain"
    for round in $(seq "$rounds"); do
        search hour-search late --since 1h
        search day-search early --since 1d
    done
fi

heading
show fetch 'wal-fetch of all, one after the other'
show part-search "wal-search in the last part"
show part-dump "pg_waldump of the last part"
show all-search "wal-search in all"
show all-dump "pg_waldump of all"
show hour-search "wal-search in the last hour of $day"
show day-search "wal-search in all hours"
comparison
compare part-search part-dump 'wal-search / pg_waldump, the last part' -
compare all-search all-dump 'wal-search / pg_waldump, all' -
per_second() { # ROW RECORDS
    awk -v name="$1" -v records="$(cat "$2")" -v processor="$(median "$1" 2)" \
        'BEGIN { printf "%-38s %12.0f records, %9.0f a second of processor time\n", name, records, records / processor }'
}
for row in part-search all-search hour-search day-search; do
    [ ! -e "$work/reading-$row" ] || printf '%-38s read %s MiB\n' "$row" "$(mib "$(cat "$work/reading-$row")")"
done
per_second all-search "$work/records-all-dump"
per_second all-dump "$work/records-all-dump"
