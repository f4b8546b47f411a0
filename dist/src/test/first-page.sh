#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a bare Debian, as root, in a directory with the package and the blocks of docs/start in files NUMBER-USER: follows
# the page, and says how long it took. Then: the class caches are used, the service runs, the documentation is there.
set -euo pipefail
cd "$(dirname "$0")"
for program in java javac mvn; do
    ! command -v "$program" > /dev/null || { echo "$program is here, so this proves nothing" >&2; exit 1; }
done
rm -f /var/lib/postgresql/15/main/postmaster.pid
pg_ctlcluster 15 main start
for block in $(find . -name '[0-9]*-*' -printf '%P\n' | sort -n); do
    echo "== $((SECONDS / 60)):$(printf %02d $((SECONDS % 60))) as ${block#*-}: $(grep -v '^#' "$block" | head -n 1)"
    if [ "${block#*-}" = root ]; then
        bash -euo pipefail "$block"
    else
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/var/lib/postgresql \
            bash -euo pipefail) < "$block"
    fi
done
echo "== $((SECONDS / 60)):$(printf %02d $((SECONDS % 60))) the page is done"

cd /
command=$(setpriv --reuid=postgres --regid=postgres --init-groups psql -Atc 'SHOW archive_command')
case $command in
    "'/usr/bin/tidemark' wal-push %p"* | "/usr/bin/tidemark wal-push %p"*) ;;
    *) echo "archive_command does not stay over an upgrade: $command" >&2; exit 1 ;;
esac
tidemark version --check
TIDEMARK_JAVA_OPTIONS=-Xlog:class+load:file=/tmp/classes:none tidemark version > /dev/null
from_jars=$(grep -c 'source: .*\.jar' /tmp/classes || true)
cached=$(grep -c 'source: shared objects file' /tmp/classes)
if [ "$from_jars" != 0 ] || [ "$cached" -lt 1000 ]; then
    echo "the class cache is not used: $from_jars classes are from jars" >&2
    exit 1
fi
man -w tidemark-recover > /dev/null
bash -c '. /usr/share/bash-completion/completions/tidemark && complete -p tidemark' > /dev/null
test -s /usr/share/doc/tidemark/docs/restore/recover.md

setpriv --reuid=postgres --regid=postgres --init-groups tidemark serve > /tmp/serve 2>&1 &
for _ in $(seq 100); do
    ! tidemark status | grep -q '^Service: .*is running' || break
    sleep 0.2
done
tidemark status | grep '^Service: .*is running'
kill "$!"
wait "$!" || [ $? = 75 ]
echo "no problem"
