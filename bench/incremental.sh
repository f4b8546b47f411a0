#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Incremental backups of one cluster, as whole processes, side by side: tidemark with each method, pgBackRest (block
# incremental, bundles), and rsync over SSH with hard links, which copies files outside of a backup. Each round takes a
# full backup with each, an increment of nothing, and one after 1 % of the pages of the largest table were changed at
# random. Machines are noisy: read the ratios, and run it on a quiet machine. See bench/README.md.
# Usage: bench/incremental.sh [--scale N] [--rounds N] [--nights N], after the build; as root or not.
#   --scale N    of pgbench, 15 MiB each; the default, 60, is 0.9 GB
#   --rounds N   default 3
#   --nights N   so many increments in a row, each after 1 % of the pages were changed, and then the restore of the last
#                one beside that of a full backup; default 0
set -euo pipefail
usage() {
    sed -n '/^# Usage/,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit "$1"
}
scale=60
files=0
rounds=3
nights=0
while [ $# -gt 0 ]; do
    case $1 in
        --scale) scale=${2:?} && shift 2 ;;
        --rounds) rounds=${2:?} && shift 2 ;;
        --nights) nights=${2:?} && shift 2 ;;
        --help) usage 0 ;;
        *) usage 2 >&2 ;;
    esac
done
with_ssh=1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"
printf 'repo1-block=y\nrepo1-bundle=y\n' > "$work/more"
if [ ${#pgbackrest[@]} -gt 0 ]; then
    sed -i '/^\[global\]/r '"$work/more" "$work/pgbackrest.conf"
    # Before 2.52 it calls block incremental a beta feature.
    "${as[@]}" "${pgbackrest[@]}" check --no-archive-check > "$work/output" 2>&1 || pgbackrest+=(--beta)
fi

directory=$work/directory
bytes() { # of all backups that are stored in DIRECTORY
    find "$@" -type f -printf '%s\n' 2> /dev/null | awk '{ s += $1 } END { printf "%d\n", s }'
}
tidemark_objects() {
    local folder
    folder=$(find "$directory" -type d -name backup)
    [ -z "$folder" ] || bytes "$folder"
}
copies=0
copied() { # of the last copy; files that it shares with the one before are not counted
    find "$work/copy$copies" -type f -links 1 -printf '%s\n' 2> /dev/null | awk '{ s += $1 } END { printf "%d\n", s }'
}
copy() { # ROW
    local before=$((copies))
    copies=$((copies + 1))
    [ "$1" != full-rsync ] || before=none
    sent=$(wire)
    measure "$1" rsync -a "--link-dest=$work/copy$before" -e "${ssh[*]}" "127.0.0.1:$work/data/" "$work/copy$copies/"
    echo $(($(wire) - sent)) > "$work/wire-$1"
    copied > "$work/size-$1"
}
backrest_objects() {
    bytes "$work/pgbackrest/backup/main"
}
wire() { # bytes that went over loopback; PostgreSQL has a socket
    awk '$1 == "lo:" { print $2 }' /proc/net/dev
}
added() { # ROW KIND COMMAND…: measures it, and keeps by how much the repository grew
    local row=$1 objects=$2 before sent
    shift 2
    before=$("$objects")
    sent=$(wire)
    measure "$row" "$@"
    echo $(($(wire) - sent)) > "$work/wire-$row"
    echo $(($("$objects") - ${before:-0})) > "$work/size-$row"
}
change() { # one row on each of 1 % of the pages
    sql -c "UPDATE pgbench_accounts SET abalance = abalance + 1
        WHERE ctid = ANY (SELECT ('(' || page || ',1)')::tid FROM generate_series(0, pg_relation_size('pgbench_accounts')
            / 8192 - 1) page WHERE random() < 0.01)" -c CHECKPOINT
}
tidemark_archives() {
    archive_with env "TIDEMARK_CONFIG=$work/directory.toml" "$program" wal-push
}

export TIDEMARK_CONFIG=$work/directory.toml
remote=()
[ ${#ssh[@]} = 0 ] || remote=(ssh)
for _ in $(seq "$rounds"); do
    for method in local "${remote[@]}" stream; do
        tidemark_archives
        added "full-$method" tidemark_objects "$program" backup --type full --method $method
        added "nothing-$method" tidemark_objects "$program" backup --type incremental --method $method
        change
        added "changed-$method" tidemark_objects "$program" backup --type incremental --method $method
    done
    if [ ${#ssh[@]} -gt 0 ] && command -v rsync > /dev/null; then
        copy full-rsync
        copy nothing-rsync
        change
        copy changed-rsync
    fi
    if [ ${#pgbackrest[@]} -gt 0 ]; then
        archive_with "${pgbackrest[@]}" archive-push
        added full-backrest backrest_objects "${pgbackrest[@]}" --type=full --no-expire-auto backup
        added nothing-backrest backrest_objects "${pgbackrest[@]}" --type=incr --no-expire-auto backup
        change
        added changed-backrest backrest_objects "${pgbackrest[@]}" --type=incr --no-expire-auto backup
    fi
done
if [ "$nights" -gt 0 ]; then
    tidemark_archives
    quietly "$program" backup --type full --method local
    for _ in $(seq "$nights"); do
        change
        quietly "$program" backup --type incremental --method local
    done
    last=$("${as[@]}" "$program" backup --type incremental --method local)
    full=$("${as[@]}" "$program" backup --type full --method local)
    for round in $(seq $((rounds + 1))); do
        order=("$last" "$full")
        [ $((round % 2)) = 0 ] || order=("$full" "$last")
        for id in "${order[@]}"; do
            row=restore-full
            [ "$id" = "$full" ] || row=restore-last
            measure $row "$program" recover --to "$work/restored" --backup "$id" --target-immediate
            rm -rf "$work/restored"
        done
    done
fi

echo
echo "PostgreSQL $version, $(mib "$size") MiB of pgbench, page checksums; $(nproc) processors, $rounds rounds"
heading
for kind in full nothing changed; do
    case $kind in
        full) title='full' ;;
        nothing) title='increment of nothing' ;;
        changed) title='increment, 1 % of the pages' ;;
    esac
    for by in local ssh stream; do
        show "$kind-$by" "tidemark $by, $title"
    done
    show "$kind-rsync" "rsync over SSH, $title"
    show "$kind-backrest" "pgBackRest, $title"
done
show restore-full "restore of a full backup"
show restore-last "restore of increment $((nights + 1))"
echo "stored: by how much the repository grew in the last round"
echo "over the network, MiB:"
for row in "$work"/wire-*; do
    case $row in
        *-ssh | *-rsync) printf '%-38s %8s\n' "${row##*wire-}" "$(mib "$(cat "$row")")" ;;
    esac
done
echo
comparison
for kind in full nothing changed; do
    for by in local ssh stream; do
        compare "$kind-$by" "$kind-backrest" "tidemark $by / pgBackRest, $kind" -
    done
    compare "$kind-ssh" "$kind-rsync" "tidemark ssh / rsync, $kind" -
done
compare restore-last restore-full "restore, increment $((nights + 1)) / full" -
for by in local ssh stream; do
    compare "nothing-$by" "full-$by" "$by, increment of nothing / full" -
done
