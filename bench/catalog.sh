#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What commands that list cost in a repository with 10,000 backups and 10,000,000 segments of WAL. The repository is
# simulated in the process: its answers take no time, and the requests are counted. Each command is a process with at
# most 300 MiB of heap. See bench/README.md.
# Usage: bench/catalog.sh [BACKUPS [SEGMENTS]], after the build.
set -euo pipefail
backups=${1:-10000}
segments=${2:-10000000}
root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/dist/target/tidemark
java=$home/runtime/bin/java
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As the launcher has them: its class cache fits a class path that begins as its own.
jars=$(printf '%s:' "$home"/lib/*.jar)
mapfile -t sources < <(find "$root/acceptance/src/test/java/org/tidemark/acceptance/scale" -name 'SimulatedStore*.java')
"${JAVA_HOME:+$JAVA_HOME/bin/}javac" -nowarn -proc:none -d "$work/classes" -cp "$jars" "${sources[@]}"
mkdir -p "$work/classes/META-INF/services" "$work/spool"
echo "org.tidemark.acceptance.scale.SimulatedStoreProvider\$Declaration" \
    > "$work/classes/META-INF/services/org.tidemark.store.StoreDeclaration"
"${JAVA_HOME:+$JAVA_HOME/bin/}jar" --create --file "$work/simulated.jar" -C "$work/classes" .

row() { # NAME BACKUPS SEGMENTS COMMAND [OPTION…]
    local name=$1 address=simulated://host/$2/$3
    shift 3
    env TIDEMARK_HOST_SPOOL="$work/spool" /usr/bin/time -q -o "$work/time" -f '%e %U %S %M' \
        "$java" -XX:+UseSerialGC -Xms48m -Xmx300m -XX:-UsePerfData --enable-native-access=ALL-UNNAMED \
        -XX:TieredStopAtLevel=1 "-XX:AOTCache=$home/command.aot" -Xlog:disable \
        "-Dtidemark.simulated.requests=$work/requests" -cp "$jars$work/simulated.jar" \
        org.tidemark.cli.Main "$@" --repository "$address" > "$work/output" 2>&1 ||
        { tail -n 5 "$work/output" >&2; exit 1; }
    awk -v name="$name" -v requests="$(cat "$work/requests")" \
        '{ printf "%-34s %8.1f %8.1f %8.0f  %s\n", name, $1, $2 + $3, $4 / 1024, requests }' "$work/time"
}
echo "$(nproc) processors"
printf '%-34s %8s %8s %8s  %s\n' "$backups backups, no WAL after them" 'wall (s)' 'user+sys' 'MiB' 'requests'
row 'list-backup, the first time' "$backups" 1 list-backup
row 'list-backup, again' "$backups" 1 list-backup
printf '%-34s %8s %8s %8s  %s\n' "$backups backups, $segments segments" 'wall (s)' 'user+sys' 'MiB' 'requests'
rm -rf "$work/spool" && mkdir "$work/spool"
row 'list-backup, the first time' "$backups" "$segments" list-backup
row 'list-backup, again' "$backups" "$segments" list-backup
row 'status' "$backups" "$segments" status
row 'retention --with' "$backups" "$segments" retention --with 'RECOVERY WINDOW OF 30 DAYS'
row 'wal-list' "$backups" "$segments" wal-list
