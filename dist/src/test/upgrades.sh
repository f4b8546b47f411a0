#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a bare Debian, as root, with the packages of one version here and those of another in second/: while WAL is archived
# under load, serve takes a backup each minute, and one recovery after the other replays WAL, the package is replaced at
# random moments. No call may fail, no recovery may stop, and nothing may be lost. Then the package is removed and purged.
# Usage: upgrades.sh ROUNDS [SEED]
set -euo pipefail
directory=$(cd "$(dirname "$0")" && pwd)
cd /
rounds=$1
seed=${2:-$(date +%s)}
RANDOM=$seed
echo "upgrades: $rounds rounds, seed $seed"
as=(setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql)
unsafe=(--force-unsafe-io) # what is tried is not a crash of the host
bin=/usr/lib/postgresql/15/bin
copy=/var/lib/postgresql/15/copy
failed() {
    echo "FAILED: $1 (seed $seed)" >&2
    tail -n 30 /tmp/recovery /tmp/serve /var/log/postgresql/*.log >&2
    exit 1
}

dpkg "${unsafe[@]}" -i "$directory"/*.deb > /dev/null
pg_dropcluster 15 main
pg_createcluster 15 main -- --wal-segsize=1 > /dev/null
pg_ctlcluster 15 main start
tidemark init --url file:///var/lib/tidemark > /dev/null
tidemark config set host.prefetch 16MiB > /dev/null
tidemark config set --cluster main schedule.backup '* * * * *' > /dev/null
"${as[@]}" tidemark setup primary > /dev/null
pg_ctlcluster 15 main restart
sql() {
    "${as[@]}" psql -qAtc "$1"
}
sql 'CREATE TABLE rows (n int, filler text)' && sql 'SELECT pg_stat_reset_shared('"'archiver'"')' > /dev/null
"${as[@]}" tidemark backup 2> /dev/null

load() {
    local n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        sql "INSERT INTO rows SELECT $n, string_agg(md5(random()::text), '') FROM generate_series(1, 20000)"
    done
}
serve() {
    while [ ! -e /tmp/stop ]; do
        "${as[@]}" tidemark serve >> /tmp/serve 2>&1 || true
        sleep 1
    done
}
# Each with the rows that there were at its restore point, or the status of what failed.
recoveries() {
    local n=0 expected found
    while [ ! -e /tmp/stop ] || [ "$n" -lt 2 ]; do
        n=$((n + 1))
        expected=$(sql "SELECT coalesce(max(n), 0) FROM rows")
        sql "SELECT pg_create_restore_point('r$n')" > /dev/null
        tidemark switch-wal > /dev/null
        rm -rf "$copy"
        tidemark recover --to "$copy" --target-name "r$n" --target-action promote || return 1
        printf "data_directory = '%s'\nport = 5499\nunix_socket_directories = '/tmp'\nhba_file = '/etc/postgresql/15/main/pg_hba.conf'\n" \
            "$copy" > /tmp/copy.conf
        "${as[@]}" $bin/pg_ctl -w -t 120 -D "$copy" -l /var/log/postgresql/copy.log -o '-c config_file=/tmp/copy.conf' \
            start || return 2
        # shellcheck disable=SC2016 # for the shell inside
        "${as[@]}" bash -c 'until [ "$(psql -h /tmp -p 5499 -Atc "SELECT pg_is_in_recovery()")" = f ]; do sleep 0.1; done'
        found=$("${as[@]}" psql -h /tmp -p 5499 -Atc "SELECT coalesce(max(n), 0) FROM rows")
        "${as[@]}" $bin/pg_ctl -w -D "$copy" -m immediate stop
        [ "$found" -ge "$expected" ] || { echo "found $found of $expected rows"; return 3; }
    done
    echo "$n" > /tmp/recovered
}
rm -f /tmp/stop /tmp/recovered
load &
loading=$!
serve &
serving=$!
recoveries > /tmp/recovery 2>&1 &
recovering=$!

for ((round = 1; round <= rounds; round++)); do
    sleep $((RANDOM % 12)).$((RANDOM % 10))
    kill -0 "$recovering" 2> /dev/null || failed "a recovery"
    # As if each version had been replaced long ago: only what is used may stay.
    find /usr/lib/tidemark/versions -name replaced -exec touch -d '2 hours ago' {} +
    echo "$SECONDS s: round $round"
    from=$directory
    [ $((round % 2)) = 0 ] || from=$directory/second
    dpkg "${unsafe[@]}" -i "$from"/*.deb > /tmp/dpkg 2>&1 || { cat /tmp/dpkg; failed "dpkg"; }
    tidemark version --check > /tmp/version || failed "the installed files"
    [ $((RANDOM % 2)) = 0 ] || pkill -TERM -u postgres -f 'org.tidemark.cli.Main.* serve' || true # it is restarted
done
echo "$SECONDS s: the end of the load"
: > /tmp/stop
wait "$loading" || failed "the load"
wait "$recovering" || failed "a recovery"
pkill -TERM -u postgres -f 'org.tidemark.cli.Main.* serve' || true
wait "$serving"

echo "$SECONDS s: nothing may have failed"
for path in /bin/tidemark /usr/lib/tidemark/current/bin/tidemark; do
    "${as[@]}" "$path" setup primary --dry-run | grep -q 'nothing to change' || failed "$path names another program"
done
tidemark switch-wal > /dev/null
for _ in $(seq 100); do
    [ -n "$(find /var/lib/postgresql/15/main/pg_wal/archive_status -name '*.ready')" ] || break
    sleep 0.2
done
archiver=$(sql 'SELECT archived_count, failed_count FROM pg_stat_archiver')
[ "${archiver#*|}" = 0 ] || failed "the archiver: $archiver"
tidemark verify > /tmp/verify || failed "verify"
tidemark wal-verify > /tmp/verify || failed "wal-verify"
backups=$(tidemark list-backup --json | grep -c '"id"')
pkill -u postgres -f org.tidemark.cli.wal.WalMain || true
find /usr/lib/tidemark/versions -name replaced -exec touch -d '2 hours ago' {} +
/usr/lib/tidemark/activate
[ "$(find /usr/lib/tidemark/versions -mindepth 2 -maxdepth 2 -name version | wc -l)" = 2 ] || failed "old versions stay"
echo "archived ${archiver%|*} segments, recovered $(cat /tmp/recovered) times, $backups backups"

pg_ctlcluster 15 main stop -m immediate
find /var/lib/tidemark -type f -exec sha256sum {} + | sort > /tmp/before
mkdir -p /var/spool/tidemark/v1/pending/waiting
touch /var/spool/tidemark/v1/pending/waiting/segment /etc/tidemark/age.key /var/spool/tidemark/age.key
before=$(readlink /usr/lib/tidemark/current)
rm -rf /usr/lib/tidemark/package/lib/postgres-*.jar
! /usr/lib/tidemark/activate 2> /tmp/incomplete || failed "files that are not complete were activated"
[ "$(readlink /usr/lib/tidemark/current)" = "$before" ] || failed "files that are not complete replaced others"
apt-get remove -y -q tidemark > /dev/null
[ ! -e /usr/lib/tidemark ] || failed "files stay: $(find /usr/lib/tidemark | head)"
apt-get purge -y -q tidemark tidemark-azure tidemark-gcs > /tmp/purge
grep -q 'var/spool/tidemark stays' /tmp/purge || failed "purge did not say that the spool stays"
[ -e /var/spool/tidemark/v1/pending/waiting/segment ] || failed "purge removed a queue"
[ -e /etc/tidemark/age.key ] || failed "purge removed a key"
[ ! -e /etc/tidemark/tidemark.toml ] || failed "purge left the configuration"
find /var/lib/tidemark -type f -exec sha256sum {} + | sort | cmp - /tmp/before || failed "purge touched the repository"
dpkg "${unsafe[@]}" -i "$directory"/tidemark_*.deb > /dev/null
rm -rf /var/spool/tidemark/v1/pending
apt-get purge -y -q tidemark > /dev/null
[ "$(ls -A /var/spool/tidemark)" = age.key ] || failed "purge of a spool with a key: $(ls -A /var/spool/tidemark)"
echo "no problem"
