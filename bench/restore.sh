#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Restores of one base backup, as whole processes, side by side: into new directories, over a directory that has
# everything already, on another host (this one, over ssh), and as a standby that streams; with pgBackRest and
# pg_basebackup. Every round runs each of them once, in the other order than the round before. Each restore writes to a
# new name: the pages of one that was removed a moment before would be warm. See bench/README.md.
# Usage: bench/restore.sh [--scale N] [--files N] [--rounds N], after the build; as root or not.
#   --scale N    of pgbench, 15 MiB each; the default, 60, is 0.9 GB
#   --files N    small files in the data directory besides; default 0
#   --rounds N   default 6
set -euo pipefail
usage() {
    sed -n '/^# Usage/,/^[^#]/ s/^# \{0,1\}//p' "$0"
    exit "$1"
}
scale=60
files=0
rounds=6
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

# --- what is restored ------------------------------------------------------------------------------------------------

export TIDEMARK_CONFIG=$work/directory.toml
if [ ${#pgbackrest[@]} -gt 0 ]; then
    archive_with "${pgbackrest[@]}" archive-push
    quietly "${pgbackrest[@]}" --type=full --no-expire-auto backup
fi
archive_with env "TIDEMARK_CONFIG=$TIDEMARK_CONFIG" "$program" wal-push
quietly "$program" backup --method local
first=$("$program" show-backup latest --json | sed -n 's/.*"walFirst" *: *"\([0-9A-F]*\)".*/\1/p' | head -n 1)

# An sshd of its own, for the user that restores; what ssh starts there finds the configuration by its own program.
remote=
port=58023
if sshd=$(PATH=$PATH:/usr/sbin command -v sshd); then
    quietly ssh-keygen -q -t ed25519 -N '' -f "$work/host-key"
    quietly ssh-keygen -q -t ed25519 -N '' -f "$work/key"
    quietly cp "$work/key.pub" "$work/authorized_keys"
    cat > "$work/sshd_config" << END
Port $port
ListenAddress 127.0.0.1
HostKey $work/host-key
AuthorizedKeysFile $work/authorized_keys
StrictModes no
UsePAM no
PidFile none
END
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 "$work/host-key.pub")" > "$work/known_hosts"
    printf '%s\n' "IdentityFile $work/key" 'IdentitiesOnly yes' "UserKnownHostsFile $work/known_hosts" > "$work/ssh_config"
    printf '#!/bin/sh\nTIDEMARK_CONFIG=%s exec %s "$@"\n' "$TIDEMARK_CONFIG" "$program" > "$work/there"
    chmod +x "$work/there"
    "${as[@]}" "$sshd" -D -f "$work/sshd_config" 2> "$work/sshd.log" &
    pids+=($!)
    remote=ssh://$(id -un "${user:-$(id -u)}")@127.0.0.1:$port
    for _ in $(seq 50); do
        (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> "$work/output" && break
        sleep 0.1
    done
else
    skip 'recover --remote' "no sshd (apt-get install openssh-server)"
fi

# --- measuring -------------------------------------------------------------------------------------------------------

number=0
new_name() { # sets $to
    number=$((number + 1))
    to=$work/restored-$number
}
backrest() {
    [ ${#pgbackrest[@]} -gt 0 ] || return 0
    new_name
    quietly mkdir -m 700 "$to"
    measure backrest "${pgbackrest[@]}" --pg1-path="$to" --type=immediate restore
    backrest_at=$to
}
own() {
    new_name
    measure recover "$program" recover --to "$to" --target-immediate
    own_at=$to
}
# What recover does at its end, with all that a shell and a cold start cost.
trial() {
    measure trial sh -c "cd $own_at && $program wal-fetch $first pg_wal/TRIED && rm pg_wal/TRIED"
}
backrest_delta() {
    [ ${#pgbackrest[@]} -gt 0 ] || return 0
    measure backrest-delta "${pgbackrest[@]}" --pg1-path="$backrest_at" --type=immediate --delta restore
    same "$backrest_at"
}
own_delta() { # over the files of the last restore
    measure delta "$program" recover --to "$own_at" --target-immediate --delta
    same "$own_at"
}
there() {
    [ -n "$remote" ] || return 0
    new_name
    measure remote "$program" recover --remote "$remote" --remote-program "$work/there" \
        --ssh-config "$work/ssh_config" --to "$to" --target-immediate
    same "$to"
}
conninfo="host=$work port=5432 user=tidemark dbname=postgres"
clone() {
    new_name
    measure clone "$program" clone --to "$to" --primary "$conninfo"
    quietly "$bin/pg_ctl" -D "$to" -m immediate stop
    rm -rf "$to"
}
base_backup() {
    new_name
    measure base-backup sh -c "$bin/pg_basebackup -d '$conninfo' -D $to -c fast -X stream -R &&
        $bin/pg_ctl -D $to -w -o '-p 5433' -l $to.log start > $to.out &&
        until [ -n \"\$(psql -qAt -h $work -p 5433 -U tidemark postgres -c 'SELECT pid FROM pg_stat_wal_receiver WHERE status = \$\$streaming\$\$')\" ]
        do sleep 0.05; done"
    quietly "$bin/pg_ctl" -D "$to" -m immediate stop
    rm -rf "$to"
}
steps=(own trial own_delta backrest backrest_delta there clone base_backup)
other_order=(base_backup clone there backrest backrest_delta own trial own_delta)
for round in $(seq "$rounds"); do
    if [ $((round % 2)) = 1 ]; then
        order=("${steps[@]}")
    else
        order=("${other_order[@]}")
    fi
    for step in "${order[@]}"; do
        "$step"
    done
done

# --- the results -----------------------------------------------------------------------------------------------------

echo
echo "PostgreSQL $version, $(mib "$size") MiB of pgbench, $files small files, page checksums;" \
    "$(nproc) processors, $rounds rounds"
heading
show recover 'tidemark recover'
show trial 'its trial of restore_command, alone'
show backrest 'pgBackRest restore, 2 processes'
show delta 'tidemark recover --delta, unchanged'
show backrest-delta 'pgBackRest restore --delta, unchanged'
show remote 'tidemark recover --remote'
show clone 'tidemark clone, until it streams'
show base-backup 'pg_basebackup -R, until it streams'
echo
comparison
compare recover backrest 'recover / pgBackRest restore' 0.9
compare delta backrest-delta 'recover --delta / pgBackRest --delta' 1.0
compare remote recover 'recover --remote / recover' 1.1
compare clone base-backup 'clone / pg_basebackup -R' -
