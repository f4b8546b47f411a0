#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Expiry of many small objects: fills a repository with simulated backups and their WAL, and lets all but the newest
# backup expire. The repository is one of a configuration that has nothing else in it, on any store: each request to a
# server takes its time.
# Usage: bench/expire.sh CONFIG.toml REPOSITORY [BACKUPS [BUNDLES [SEGMENTS]]], after the build. The configuration has
# the tables [repository.REPOSITORY], with retention = "REDUNDANCY 1", and [cluster.main].
set -euo pipefail
config=$1 repository=$2
backups=${3:-300} bundles=${4:-300} segments=${5:-34}
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

row() { # NAME COMMAND…
    local name=$1
    shift
    /usr/bin/time -q -o "$work/time" -f '%e %U %S %M' "$@" > "$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
    awk -v name="$name" '{ printf "%-44s %8.1f %8.1f %8.0f\n", name, $1, $2 + $3, $4 / 1024 }' "$work/time"
}
export TIDEMARK_HOST_SPOOL=$work/spool
printf '%s processors, %s backups of %s bundles, %s segments after each\n' \
    "$(nproc)" "$backups" "$bundles" "$segments"
printf '%-44s %8s %8s %8s\n' '' 'wall (s)' 'user+sys' 'MiB'
row 'fill' "$java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED "-DZstdNativePath=$home/native/libzstd-jni.so" \
    "-Dtidemark.home=$home" -cp "$work/classes:$jars" org.tidemark.acceptance.scale.ExpiryBenchmark \
    "$config" "$repository" "$backups" "$bundles" "$segments"
row 'retention' "$program" retention --config "$config" --repository "$repository"
row 'expire --confirm --all' "$program" expire --confirm --all --config "$config" --repository "$repository"
grep deleted "$work/output"
row 'expire --confirm --all, nothing to delete' "$program" expire --confirm --all --config "$config" \
    --repository "$repository"
