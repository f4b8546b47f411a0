#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The catalog at a size that no test has: the manifest of 1,000,000 files, the manifest of a cluster of 10 TiB, and
# 10,000 backups. They are simulated in a directory; each step and each command is a process, and its time and memory
# are shown. See bench/README.md.
# Usage: bench/scale.sh [FILES [TEBIBYTES [BACKUPS]]], after the build. It needs 4 GiB in TMPDIR.
set -euo pipefail
files=${1:-1000000}
tebibytes=${2:-10}
backups=${3:-10000}
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/dist/target/tidemark/bin/tidemark
home=$root/dist/target/tidemark
java=$home/runtime/bin/java
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jars=$(printf '%s:' "$home"/lib/*.jar)
mapfile -t sources < <(find "$root/acceptance/src/test/java/org/tidemark/acceptance/scale" -name '*.java' \
    ! -name '*Test.java' ! -name package-info.java)
"${JAVA_HOME:+$JAVA_HOME/bin/}javac" -nowarn -proc:none -d "$work/classes" -cp "$jars" "${sources[@]}"

row() { # NAME STATUSES COMMAND…
    local name=$1 statuses=$2 status=0
    shift 2
    /usr/bin/time -q -o "$work/time" -f '%e %U %S %M' "$@" > "$work/output" 2>&1 || status=$?
    [[ $status =~ ^($statuses)$ ]] || { cat "$work/output" >&2; exit 1; }
    awk -v name="$name" '{ printf "%-44s %8.1f %8.1f %8.0f\n", name, $1, $2 + $3, $4 / 1024 }' "$work/time"
}
step() { # NAME STEP DIRECTORY FILES PIECES: with the options of the launcher
    row "$1" 0 "$java" -XX:+UseSerialGC -Xms48m -XX:-UsePerfData --enable-native-access=ALL-UNNAMED \
        "-DZstdNativePath=$home/native/libzstd-jni.so" -cp "$work/classes:$jars" \
        org.tidemark.acceptance.scale.ScaleBenchmark "${@:2}"
    sed 's/^/    /' "$work/output"
}
command_on() { # NAME STATUSES DIRECTORY ARGUMENT…
    local name=$1 statuses=$2 directory=$3
    shift 3
    row "$name" "$statuses" env TIDEMARK_HOST_SPOOL="$directory/spool" "$program" "$@" \
        --repository "file://$directory/repository"
}
manifest() { # TITLE FILES PIECES
    local cluster=$work/cluster-$2
    printf '\n%-44s %8s %8s %8s\n' "$1" 'wall (s)' 'user+sys' 'MiB'
    step 'length of the manifest' sizes "$cluster" "$2" "$3"
    step 'write bundles and manifest' write "$cluster" "$2" "$3"
    step 'write a later one, 1 % of the files changed' write-changed "$cluster" "$2" "$3"
    step 'read the manifest' read "$cluster" "$2" "$3"
    step 'compare both manifests' diff "$cluster" "$2" "$3"
    # The backups have no WAL and their frames no content: 1 and 23 are what the commands should say.
    command_on 'recover --dry-run' '0|1|23' "$cluster" recover --to "$work/none" --target-immediate --dry-run
    command_on 'verify' '0|1|30|23' "$cluster" verify
    rm -rf "$cluster"
}
echo "$(nproc) processors"
manifest "$files files of 1 frame" "$files" 1
manifest "$tebibytes TiB in files of 1 GiB" $((tebibytes * 1024)) 1024
printf '\n%-44s %8s %8s %8s\n' "$backups backups" 'wall (s)' 'user+sys' 'MiB'
step 'write their descriptions' describe "$work/catalog" "$backups" 1
command_on 'list-backup, the first time' 0 "$work/catalog" list-backup
command_on 'list-backup, again' 0 "$work/catalog" list-backup
