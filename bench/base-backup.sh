#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Base backups and restores of one cluster, as whole processes, side by side: tidemark with both methods, to a directory
# and to S3 on loopback, pg_basebackup with zstd:1 and, if it is installed, pgBackRest with two processes. Every round
# runs each of them once. Machines are noisy: read the ratios, and run it on a quiet machine. See bench/README.md.
# Usage: bench/base-backup.sh [--scale N] [--files N] [--rounds N] [--profile], after the build; as root or not.
#   --scale N    of pgbench, 15 MiB each; the default, 170, is 2.5 GB
#   --files N    small files in the data directory besides; default 0
#   --rounds N   default 5
#   --profile    also show the Java methods that use the processor most, in one backup of each method and one restore
set -euo pipefail
usage() {
    sed -n '/^# Usage/,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit "$1"
}
scale=170
files=0
rounds=5
profile=
while [ $# -gt 0 ]; do
    case $1 in
        --scale) scale=${2:?} && shift 2 ;;
        --files) files=${2:?} && shift 2 ;;
        --rounds) rounds=${2:?} && shift 2 ;;
        --profile) profile=yes && shift ;;
        --help) usage 0 ;;
        *) usage 2 >&2 ;;
    esac
done
root=$(cd "$(dirname "$0")/.." && pwd)
initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
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
cd "$work"
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
echo true > "$work/archive-by-tidemark-or-pgbackrest"
quietly "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start
server=$(head -n 1 "$work/data/postmaster.pid")
quietly "$bin/pgbench" -i -q -s "$scale" -h "$work" -p 5432 -U tidemark postgres
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

# --- what is installed -----------------------------------------------------------------------------------------------

skip() {
    printf 'skipped: %s: %s\n' "$1" "$2"
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
    } > "$work/$name.toml"
    TIDEMARK_CONFIG=$work/$name.toml quietly "$root/tidemark" init --repository "$name"
    repositories+=("$name")
}
tidemark_at directory "file://$work/directory"

if start_s3proxy 58021 "${as[@]}"; then
    pids+=("$s3proxy")
    tidemark_at s3 s3://bench/main "endpoint = 'http://127.0.0.1:58021'" "access-key-id = 'bench'" \
        "secret-access-key-file = '$work/secret'"
else
    skip S3 "no S3Proxy (mvn generate-test-resources -pl storage-backends/s3 -am fetches it)"
fi

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
[ "$version" -ge 15 ] || skip 'server-side zstd:1' "PostgreSQL $version has none"

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
stored() { # ROW DIRECTORY: the bytes of all files below it
    find "$2" -type f -printf '%s\n' | awk '{ s += $1 } END { printf "%d\n", s }' > "$work/size-$1"
}
same() { # removes a restored directory; fails if its relations differ from the cluster's
    diff -rq -x pg_internal.init -x pgsql_tmp "$work/data/base" "$1/base" || {
        echo "$1 is not what was backed up" >&2
        exit 1
    }
    rm -rf "$1"
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
    archive_with env "TIDEMARK_CONFIG=$work/$1.toml" "$root/tidemark" wal-push
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
    measure "$1-$2" "$root/tidemark" backup --method "$1"
    stored "$1-$2" "$(backups_in "$2")"
}
tidemark_restore() { # REPOSITORY
    export TIDEMARK_CONFIG=$work/$1.toml
    measure "recover-$1" "$root/tidemark" recover --to "$work/restored" --target-immediate
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
show() { # ROW NAME
    [ -e "$work/row-$1" ] || return 0
    local stored=-
    [ ! -e "$work/size-$1" ] || stored=$(mib "$(cat "$work/size-$1")")
    printf '%-38s %8s %8s %8s %8s %8s %8s\n' "$2" "$(minimum "$1" 1)" "$(median "$1" 1)" "$(median "$1" 2)" \
        "$(median "$1" 3)" "$(mib $(($(maximum "$1" 4) * 1024)))" "$stored"
}
compare() { # ROW OTHER NAME GOAL: wall clock, minimum and median, and all processor time, the server's included
    [ -e "$work/row-$1" ] && [ -e "$work/row-$2" ] || return 0
    awk -v name="$3" -v goal="$4" -v l="$(minimum "$1" 1)" -v ol="$(minimum "$2" 1)" -v m="$(median "$1" 1)" \
        -v om="$(median "$2" 1)" -v c="$(median "$1" 2)" -v s="$(median "$1" 3)" -v oc="$(median "$2" 2)" \
        -v os="$(median "$2" 3)" 'BEGIN {
            printf "%-46s %8.2f %8.2f %10.2f %6s\n", name, l / ol, m / om, (c + s) / (oc + os), goal }'
}
echo
echo "PostgreSQL $version, $(mib "$size") MiB of pgbench, $files small files, page checksums;" \
    "$(nproc) processors, $rounds rounds"
printf '%-38s %8s %8s %8s %8s %8s %8s\n' '' 'wall (s)' 'wall (s)' 'user+sys' "server's" memory stored
printf '%-38s %8s %8s %8s %8s %8s %8s\n' '' minimum median '(s)' '(s)' MiB MiB
show client 'pg_basebackup, client zstd:1'
show server 'pg_basebackup, server zstd:1'
show backrest "pgBackRest ${version_of_pgbackrest#pgBackRest }, 2 processes, zst:1"
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
printf '%-46s %8s %8s %10s %6s\n' 'times of the other' 'wall' 'wall' 'processor' goal
printf '%-46s %8s %8s\n' '' minimum median
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

# --- where Java's processor time goes --------------------------------------------------------------------------------

profile() { # NAME COMMAND…
    local name=$1 recorded jfr samples
    shift
    quietly mkdir "$work/profile-$name"
    local recording=filename=$work/profile-$name/%p.jfr,jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=5ms
    TIDEMARK_JAVA_OPTIONS=-XX:StartFlightRecording:$recording quietly /usr/bin/time -o "$work/time" -f '%U %S' "$@"
    # recover also tests its restore_command, in a process of its own: the larger recording is that of recover.
    recorded=$(find "$work/profile-$name" -name '*.jfr' -printf '%s %p\n' | sort -n | tail -n 1)
    jfr=$(cat "$root/cli/target/tidemark/java-home")/bin/jfr
    samples=$("$jfr" summary "${recorded#* }" | awk '$1 == "jdk.CPUTimeSample" { print $2 }')
    echo
    # The samples are of Java's threads; the JVM's own compile, collect garbage, and start.
    awk -v name="$name" -v samples="$samples" '{
        printf "%s: user+sys %.2f s, %.2f s of it in these threads of Java; the JVM and its recorder have the rest\n",
            name, $1 + $2, samples * 0.005 }' "$work/time"
    "$jfr" view --width 110 --truncate beginning cpu-time-hot-methods "${recorded#* }" | sed -n '/^---\|%$/p'
}
if [ -n "$profile" ]; then
    archive_to directory
    for method in stream local; do
        backups_in directory | xargs -r rm -rf
        profile "backup-$method" "$root/tidemark" backup --method "$method"
    done
    profile recover "$root/tidemark" recover --to "$work/restored" --target-immediate
fi
