#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Base backups and restores of one cluster, as whole processes, side by side: tidemark with both methods, to a directory
# and to S3 on loopback, pg_basebackup with zstd:1 and, if it is installed, pgBackRest with two processes. Every round
# runs each of them once. Machines are noisy: read the ratios, and run it on a quiet machine. See bench/README.md.
# Usage: bench/base-backup.sh [--scale N] [--files N] [--rounds N], after the build; as root or not.
#   --scale N    of pgbench, 15 MiB each; the default, 170, is 2.5 GB
#   --files N    small files in the data directory besides; default 0
#   --rounds N   default 5
set -euo pipefail
usage() {
    sed -n '/^# Usage/,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit "$1"
}
scale=170
files=0
rounds=5
while [ $# -gt 0 ]; do
    case $1 in
        --scale) scale=${2:?} && shift 2 ;;
        --files) files=${2:?} && shift 2 ;;
        --rounds) rounds=${2:?} && shift 2 ;;
        --help) usage 0 ;;
        *) usage 2 >&2 ;;
    esac
done
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"
. "$root/bench/s3proxy.sh"

if start_s3proxy 58021 "${as[@]}"; then
    pids+=("$s3proxy")
    tidemark_at s3 s3://bench/main "endpoint = 'http://127.0.0.1:58021'" "access-key-id = 'bench'" \
        "secret-access-key-file = '$work/secret'"
else
    skip S3 "no S3Proxy (mvn generate-test-resources -pl storage-backends/s3 -am fetches it)"
fi

[ "$version" -ge 15 ] || skip 'server-side zstd:1' "PostgreSQL $version has none"

# --- measuring -------------------------------------------------------------------------------------------------------

stored() { # ROW DIRECTORY: the bytes of all files below it
    find "$2" -type f -printf '%s\n' | awk '{ s += $1 } END { printf "%d\n", s }' > "$work/size-$1"
}
base_backup() { # client or server: who compresses
    archive_with true
    rm -rf "$work/pg_basebackup"
    local command=("$bin/pg_basebackup" -h "$work" -p 5432 -U tidemark -c fast -X fetch -Ft)
    if [ "$version" -ge 15 ]; then
        measure "$1" "${command[@]}" -D "$work/pg_basebackup" -Z "$1-zstd:1"
    else
        quietly mkdir "$work/pg_basebackup"
        measure "$1" sh -c "${command[*]} -D - | zstd -q -1 -o $work/pg_basebackup/base.tar.zst"
    fi
    stored "$1" "$work/pg_basebackup"
}
untar() {
    quietly mkdir -m 700 "$work/restored"
    measure untar sh -c "zstd -q -d -c pg_basebackup/base.tar.zst | tar -x -C restored && sync -f restored"
    same "$work/restored"
}
backrest_backup() {
    archive_with "${pgbackrest[@]}" archive-push
    rm -rf "$work/pgbackrest/backup/main/"*F
    measure backrest "${pgbackrest[@]}" --type=full --no-expire-auto backup
    stored backrest "$(find "$work/pgbackrest/backup/main" -maxdepth 1 -name '*F' | sort | tail -n 1)"
}
backrest_restore() {
    quietly mkdir -m 700 "$work/restored"
    measure backrest-restore "${pgbackrest[@]}" --pg1-path="$work/restored" --type=immediate restore
    same "$work/restored"
}
archive_to() { # REPOSITORY
    archive_with env "TIDEMARK_CONFIG=$work/$1.toml" "$program" wal-push
    export TIDEMARK_CONFIG=$work/$1.toml
}
backups_in() {
    case $1 in
        s3) find "$work/bucket" -type d -name backup ;;
        *) find "$work/$1" -type d -name backup ;;
    esac
}
tidemark_backup() { # METHOD REPOSITORY
    archive_to "$2"
    backups_in "$2" | xargs -r rm -rf
    measure "$1-$2" "$program" backup --method "$1"
    stored "$1-$2" "$(backups_in "$2")"
}
tidemark_restore() { # REPOSITORY
    export TIDEMARK_CONFIG=$work/$1.toml
    measure "recover-$1" "$program" recover --to "$work/restored" --target-immediate
    same "$work/restored"
}

one_round() {
    base_backup client
    [ "$version" -lt 15 ] || base_backup server
    untar
    if [ ${#pgbackrest[@]} -gt 0 ]; then
        backrest_backup
        backrest_restore
    fi
    for repository in "${repositories[@]}"; do
        tidemark_backup stream "$repository"
        tidemark_backup local "$repository"
        tidemark_restore "$repository"
    done
}

for _ in $(seq "$rounds"); do
    one_round
done

# --- the results -----------------------------------------------------------------------------------------------------

echo
echo "PostgreSQL $version, $(mib "$size") MiB of pgbench, $files small files, page checksums;" \
    "$(nproc) processors, $rounds rounds"
heading
show client 'pg_basebackup, client zstd:1'
show server 'pg_basebackup, server zstd:1'
[ ${#pgbackrest[@]} -eq 0 ] || show backrest "pgBackRest ${version_of_pgbackrest#pgBackRest }, 2 processes, zst:1"
for repository in "${repositories[@]}"; do
    for method in stream local; do
        show "$method-$repository" "tidemark backup, $method, to $repository"
    done
done
show untar 'untar the one of pg_basebackup, sync'
show backrest-restore 'pgBackRest restore, 2 processes'
for repository in "${repositories[@]}"; do
    show "recover-$repository" "tidemark recover, from $repository"
done
echo "server's: user+sys of PostgreSQL's processes at the same time, with archive_command;" \
    "memory: of the largest process"
echo
comparison
for repository in "${repositories[@]}"; do
    for other in client server; do
        compare "stream-$repository" "$other" "stream to $repository / pg_basebackup, $other" 1.1
        compare "local-$repository" "$other" "local to $repository / pg_basebackup, $other" 0.8
    done
    compare "local-$repository" backrest "local to $repository / pgBackRest" 0.65
    compare "recover-$repository" backrest-restore "recover from $repository / pgBackRest restore" 0.8
    compare "recover-$repository" untar "recover from $repository / untar" -
done
if [ -e "$work/size-backrest" ]; then
    awk -v own="$(cat "$work/size-local-directory")" -v other="$(cat "$work/size-backrest")" \
        'BEGIN { printf "%-46s %8.2f %26s\n", "stored size / pgBackRest", own / other, "1.03" }'
fi
