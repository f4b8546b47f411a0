#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Increments of a cluster of a size that no test has: a real server, whose data directory gets so many files that are
# nothing but holes, and a simulated backup that has them. The backups that follow are real: two of nothing, and one
# after 1 % of the files got a new time, so that they are read whole. Each command is a process, and its time and memory
# are shown, and how much it stored. See bench/README.md.
# Usage: bench/increment-scale.sh [FILES [TEBIBYTES]], after the build. It needs 4 GiB in TMPDIR, on a file system that
# has sparse files.
set -euo pipefail
many=${1:-1000000}
tebibytes=${2:-10}
scale=1
files=0
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/cluster.sh"
java=$root/dist/target/tidemark/runtime/bin/java
jars=$(printf '%s:' "$root"/dist/target/tidemark/lib/*.jar)
mapfile -t sources < <(find "$root/acceptance/src/test/java/org/tidemark/acceptance/scale" -name '*.java' \
    ! -name '*Test.java' ! -name package-info.java)
"${JAVA_HOME:+$JAVA_HOME/bin/}javac" -nowarn -proc:none -d "$work/classes" -cp "$jars" "${sources[@]}"
chmod -R a+rX "$work/classes"
export TIDEMARK_CONFIG=$work/directory.toml
archive_with env "TIDEMARK_CONFIG=$work/directory.toml" "$program" wal-push

stored() {
    find "$work/directory" -type f -printf '%s\n' | awk '{ s += $1 } END { printf "%d\n", s / 1024 }'
}
row() { # NAME COMMAND…
    local name=$1 before
    shift
    before=$(stored)
    quietly /usr/bin/time -q -o "$work/time" -f '%e %U %S %M' "$@"
    awk -v name="$name" -v stored=$(($(stored) - before)) \
        '{ printf "%-44s %8.1f %8.1f %8.0f %8.1f\n", name, $1, $2 + $3, $4 / 1024, stored / 1024 }' "$work/time"
}
cluster() { # TITLE FILES PIECES
    printf '\n%-44s %8s %8s %8s %8s\n' "$1" 'wall (s)' 'user+sys' 'MiB' 'stored'
    row 'full backup of the server as it is' "$program" backup --type full --method local
    quietly "$java" --enable-native-access=ALL-UNNAMED \
        "-DZstdNativePath=$root/dist/target/tidemark/native/libzstd-jni.so" -cp "$work/classes:$jars" \
        org.tidemark.acceptance.scale.ScaleBenchmark grow "$work" "$2" "$3"
    sleep 2
    row 'increment of nothing' "$program" backup --type incremental --method local
    row 'increment of nothing, again' "$program" backup --type incremental --method local
    # shellcheck disable=SC2016 # for awk
    quietly awk -v n="$2" -v relations="$work/data/base/5/" -v changed="$work/changed" 'BEGIN {
        srand(1)
        for (i = 0; i < n; i++) if (rand() < 0.01) printf "%s%d\n", relations, 10000000 + i > changed
    }'
    # Their content stays: pages with tuples would need checksums.
    quietly xargs -a "$work/changed" touch -m -d '2026-11-21 01:02:03.456789'
    row 'increment, 1 % of the files read' "$program" backup --type incremental --method local
    row 'list-backup' "$program" list-backup
    last=$("${as[@]}" "$program" list-backup --output json | jq -r '.backups[-1].id')
    row 'plan of a restore' "$program" recover --to "$work/none" --backup "$last" --target-immediate --dry-run
    row 'expire' "$program" expire --confirm
    find "$work/data/base/5" -name '10[0-9][0-9][0-9][0-9][0-9][0-9]' -delete
}
echo "$(nproc) processors"
cluster "$many files of 1 MiB" "$many" 1
cluster "$tebibytes TiB in files of 1 GiB" $((tebibytes * 1024)) 1024
