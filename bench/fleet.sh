#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `serve` costs with many clusters: threads, memory, processor time, the time of a scrape, and how long after its
# time a task begins. The clusters are copies of a small repository, in one directory. Each is read every 5 minutes and
# verified at the start, and all are verified once more at the same minute. No server runs: receivers and backups are
# measured elsewhere. See bench/README.md.
# Usage: bench/fleet.sh [CLUSTERS [MINUTES]], after the build.
set -euo pipefail
clusters=${1:-1000}
minutes=${2:-12}
root=$(cd "$(dirname "$0")/.." && pwd)
golden=$root/catalog/src/test/resources/golden
program=$root/dist/target/tidemark/bin/tidemark
work=$(mktemp -d)
serve=
cleanup() {
    [ -z "$serve" ] || kill "$serve" 2> /dev/null || true
    wait
    rm -rf "$work"
}
trap cleanup EXIT

mkdir "$work/repository" "$work/spool"
(cd "$work/repository" && "${JAVA_HOME:+$JAVA_HOME/bin/}jar" xf "$golden/repository.zip")
install -m 0600 "$golden/key.txt" "$work/key.txt"
port=$((20000 + RANDOM % 10000))
due=$(date -d "+$((minutes / 2)) minutes" +%s)
due=$((due - due % 60))
schedule=$(date -u -d "@$due" '+%M %H * * *')
{
    printf '[host]\nspool = "%s"\n[service]\nmetrics-listen = "127.0.0.1:%s"\n' "$work/spool" "$port"
    printf '[repository.golden]\nurl = "file://%s"\ndecrypt-with = ["%s"]\n' "$work/repository" "$work/key.txt"
} > "$work/tidemark.toml"
chmod 0600 "$work/tidemark.toml"
for ((i = 1; i <= clusters; i++)); do
    name=$(printf 'c%04d' "$i")
    cp -r "$work/repository/main" "$work/repository/$name"
    for document in "$work/repository/$name"/*/cluster.json "$work/repository/$name"/*/catalog/*/backup.json; do
        # Its last line has the digest of those before.
        sed -n "/^\"sha256\"/!s/^\"cluster\": \"main\"/\"cluster\": \"$name\"/; /^\"sha256\"/!p" "$document" > "$work/renamed"
        printf '"sha256": "%s"}\n' "$(sha256sum < "$work/renamed" | cut -d ' ' -f 1)" |
            cat "$work/renamed" - > "$document"
    done
    printf '[cluster.%s]\n[cluster.%s.schedule]\nverify = "%s"\nexpire = "never"\n' "$name" "$name" "$schedule" \
        >> "$work/tidemark.toml"
done
rm -r "$work/repository/main"

"$program" serve --config "$work/tidemark.toml" > "$work/output" 2>&1 &
serve=$!
sleep "$minutes"m
# The process that the launcher became, or its child.
pid=$(pgrep -P "$serve" -x java || echo "$serve")
scrape() { curl -s -o "$work/scraped" -w '%{time_total}\n' "http://127.0.0.1:$port/metrics"; }
scrape > /dev/null
times=$(for _ in 1 2 3 4 5 6 7 8 9; do scrape; done | sort -n)
hertz=$(getconf CLK_TCK)
cpu=$(awk -v hertz="$hertz" '{ print ($14 + $15) / hertz }' "/proc/$pid/stat")
now=$(date +%s)
# A claim is stored when its task begins. A task that has never run is due at once: those do not count.
late=$(find "$work/repository" -path '*/run/verify/*' -name 00000001.json -printf '%T@\n' |
    awk -v due="$due" '$1 >= due { print $1 - due }' | sort -n)
begun=$(printf '%s\n' "$late" | grep -c . || true)
oldest=$(grep '^tidemark_reading_timestamp_seconds{' "$work/scraped" | sed 's/.* //' |
    awk -v now="$now" '{ age = now - $1; if (age > most) most = age } END { printf "%.0f", most }')
readings=$(grep -c '^tidemark_reading_timestamp_seconds{' "$work/scraped" || true)
echo "$(nproc) processors, $clusters clusters, $minutes minutes"
printf '%-44s %s\n' \
    'threads' "$(awk '/^Threads/ { print $2 }' "/proc/$pid/status")" \
    'memory, at most (MiB)' "$(awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$pid/status")" \
    'processor time a minute (s)' "$(awk -v cpu="$cpu" -v minutes="$minutes" 'BEGIN { printf "%.1f", cpu / minutes }')" \
    'a scrape, median and longest (ms)' "$(printf '%s\n' "$times" | awk '{ t[NR] = $1 * 1000 } END { printf "%.0f, %.0f", t[5], t[NR] }')" \
    'size of a scrape (KiB)' "$(($(stat -c %s "$work/scraped") / 1024))" \
    'clusters that were read, oldest reading (s)' "$readings, $oldest" \
    'verifications begun' "$begun" \
    'they began after their time, median, last (s)' "$(printf '%s\n' "$late" | awk '{ t[NR] = $1 } END { printf "%.0f, %.0f", t[int((NR + 1) / 2)], t[NR] }')"
[ ! -s "$work/output" ] || { echo "what serve said, the first and last lines:"; sed -n '2,4p' "$work/output"; tail -n 3 "$work/output"; }
