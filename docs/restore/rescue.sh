#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Restores a backup and its WAL without Tidemark: with zstd, jq, GNU dd, tail, od, xargs and sha256sum alone, and with age
# where it is encrypted.
#
#   rescue.sh REPOSITORY
#   rescue.sh REPOSITORY CLUSTER SYSTEM BACKUP TARGET WAL
#
# With REPOSITORY alone it lists the backups, says what each needs, and prints the command for the newest of each cluster.
#
#   REPOSITORY  a local directory: the repository, or a copy of it
#   CLUSTER     the cluster's name, a directory of the repository
#   SYSTEM      the system identifier, a directory of the cluster
#   BACKUP      the backup's id, a directory of SYSTEM/catalog that holds a backup.json
#   TARGET      becomes the data directory; must not exist
#   WAL         receives the WAL files, about one copy of all that is archived since the backup; must not exist
#
# What is encrypted is read with the private key in the file that IDENTITY names in the environment.
# Tablespaces are restored where they were. With TABLESPACES=DIR in the environment they become DIR/<oid> instead.
#
# It restores to the newest timeline that descends from the backup; TIMELINE=N in the environment names another. Recovery
# goes to the end of the WAL; with TARGET_TIME='2026-11-27 20:03:52+00' in the environment, it stops at this time.
#
# It reads repositories whose codec is zstd (docs/design/repository-format.md). Run it as the user of PostgreSQL. Every
# byte that it takes is compared with its SHA-256 first. It stops at the first difference, and then TARGET has no
# global/pg_control and cannot be started.
set -eu
export LC_ALL=C

die() {
    echo "rescue.sh: $*" >&2
    exit 1
}

[ $# -eq 6 ] || [ $# -eq 1 ] || die "usage: rescue.sh REPOSITORY [CLUSTER SYSTEM BACKUP TARGET WAL]"
case ${TARGET_TIME:-} in
*[!0-9A-Za-z:.+/_\ -]*) die "'$TARGET_TIME' is not a time" ;;
esac
for program in zstd jq dd tail od xargs sha256sum; do
    command -v "$program" > /dev/null || die "'$program' is not installed"
done

# The SHA-256 of standard input.
digest() {
    set -- $(sha256sum)
    echo "$1"
}

size_of() {
    set -- $(wc -c < "$1")
    echo "$1"
}

# sealed FILE: whether a document ends with the digest of everything before its last 78 bytes
sealed() {
    length=$(size_of "$1")
    [ "$length" -ge 78 ] || return 1
    expected=$(dd if="$1" bs=64K iflag=count_bytes count=$((length - 78)) status=none | digest)
    [ "$(tail -c 78 "$1")" = "\"sha256\": \"$expected\"}" ]
}

# quoted TEXT: as a word for a shell
quoted() {
    printf %s "$1" | jq -Rrs @sh
}

# list INCARNATION: its backups, oldest first
list() {
    newest=
    for folder in "$1"/catalog/*; do
        document=$folder/backup.json
        [ -f "$document" ] || continue
        if ! sealed "$document"; then
            echo "  ${folder##*/}  is damaged here: look for another copy of $document"
            continue
        fi
        jq -r '"  \(.id)  \(.type), ended \(.ended), PostgreSQL \(.postgresVersion / 10000 | floor), "
            + "\(.dataSize / 1048576 | ceil) MiB of data"
            + (if .name then ", named \"\(.name)\"" else "" end)
            + (if (.tablespaces | length) > 0 then ", \(.tablespaces | length) tablespaces" else "" end)
            + (if .recipients then ", needs the private key of \(.recipients | gsub(","; " or "))" else "" end)' "$document"
        newest=$document
    done
    [ -n "$newest" ] || return 0
    key=
    [ "$(jq -r '.recipients // ""' "$newest")" = "" ] || key='IDENTITY=FILE '
    id=${newest%/backup.json}
    echo "  to restore the last one: ${key}sh $(quoted "$0") $(quoted "$repository") $(quoted "$cluster") $system ${id##*/} TARGET WAL"
}

if [ $# -eq 1 ]; then
    repository=$1
    [ -f "$repository/tidemark.json" ] || die "there is no '$repository/tidemark.json'"
    for each in "$repository"/*/*/cluster.json; do
        [ -f "$each" ] || continue
        incarnation=${each%/cluster.json}
        system=${incarnation##*/}
        cluster=${incarnation%/*}
        cluster=${cluster##*/}
        echo "cluster $cluster, system $system"
        list "$incarnation"
    done
    exit 0
fi

incarnation=$1/$2/$3
id=$4
target=$5
wal=$6
[ -f "$incarnation/catalog/$id/backup.json" ] || die "there is no '$incarnation/catalog/$id/backup.json'"
[ ! -e "$target" ] || die "'$target' exists"
[ ! -e "$wal" ] || die "'$wal' exists"
umask 077
mkdir "$target" "$wal"
target=$(cd "$target" && pwd -P)
wal=$(cd "$wal" && pwd -P)
work=$wal/.rescue
mkdir "$work"

# check FILE DIGEST
check() {
    [ "$(digest < "$1")" = "$2" ] || die "'$1' is damaged: its SHA-256 is not the expected one"
}

# The length of a container's header.
header_size() {
    set -- $(od -An -tu1 -j4 -N4 "$1")
    echo $((8 + $1 + 256 * $2))
}

# field OBJECT NAME: a line of a container's header
field() {
    dd if="$1" bs=64K iflag=count_bytes count="$(header_size "$1")" status=none | tail -c +9 | while read -r name value; do
        if [ "$name" = "$2" ]; then
            echo "$value"
            break
        fi
    done
}

# stands OBJECT: whether something counts under this name; $counts is then the file to read. A copy below repaired/ with
# a higher number counts in place of the object and of earlier copies, and a rejection ends what was stored until then.
stands() {
    [ -f "$1" ] || return 1
    counts=$1
    for folder in "$incarnation"/repaired/*; do
        [ ! -f "$folder/${1#"$incarnation"/}" ] || counts=$folder/${1#"$incarnation"/}
        [ ! -f "$folder/${1#"$incarnation"/}.rejected.json" ] || counts=
    done
    [ -n "$counts" ]
}

# whole OBJECT: the same for what must be there
whole() {
    stands "$1" || die "there is no '$1'"
}

# compressed OBJECT TO: what is compressed in a container; decrypted, if it is encrypted
compressed() {
    [ "$(field "$1" codec)" = zstd ] || die "'$1' is not of codec zstd"
    case $(field "$1" encryption) in
        '') dd if="$1" bs=1M status=none > "$2" ;;
        age-v1)
            command -v age > /dev/null || die "'$1' is encrypted, and 'age' is not installed"
            [ -n "${IDENTITY:-}" ] || die "'$1' is encrypted to $(field "$1" recipients): name a private key by IDENTITY=FILE"
            tail -c +$(($(header_size "$1") + 1)) "$1" > "$work/age"
            age --decrypt -i "$IDENTITY" "$work/age" > "$2" || die "'$1' cannot be decrypted with '$IDENTITY'"
            ;;
        *) die "'$1' is encrypted in a way that this script does not know" ;;
    esac
}

# decode OBJECT TO: a whole container, compared with the digest in its header
decode() {
    compressed "$1" "$work/compressed"
    zstd -dcq < "$work/compressed" > "$2"
    check "$2" "$(field "$1" plain-sha256)"
}

echo "backup $id: description, list of bundles, manifest"
whole "$incarnation/catalog/$id/backup.json"
description=$counts
sealed "$description" || die "'$description' is damaged: it does not end with its SHA-256"
whole "$incarnation/catalog/$id/bundles"
check "$counts" "$(jq -r .bundles.sha256 "$description")"
zstd -dcq < "$counts" > "$work/bundles"
: > "$work/manifest"
jq -r --arg id "$id" '.manifestParts[] | "\(.id // $id) \(.number) \(.sha256)"' "$description" > "$work/parts"
while read -r from number sha256; do
    whole "$incarnation/backup/$from/manifest/$(printf %08d "$number")"
    part=$counts
    check "$part" "$sha256"
    compressed "$part" "$work/compressed"
    zstd -dcq < "$work/compressed" >> "$work/manifest"
done < "$work/parts"
jq -e -n 'all(inputs; .path | (startswith("/") or (split("/") | any(. == "" or . == "." or . == ".."))) | not)' \
    "$work/manifest" > /dev/null || die "the manifest has a path that leads out of the data directory"

echo "directories and links"
jq -r 'select(.type == "directory") | "directory \(.mode) \(.path | @sh)"' "$work/manifest" > "$work/directories"
jq -r 'select(.type == "link" and (.path | startswith("pg_tblspc/"))) | "link \(.path | @sh) \(.target | @sh)"' \
    "$work/manifest" > "$work/links"
directory() {
    [ -d "$target/$2" ] || mkdir "$target/$2"
    chmod "$1" "$target/$2"
}
link() {
    place=$2
    [ -z "${TABLESPACES:-}" ] || place=$TABLESPACES/${1#pg_tblspc/}
    mkdir -p "$place"
    [ -z "$(ls -A "$place")" ] || die "the place of a tablespace is not empty: '$place'"
    mkdir -p "$target/pg_tblspc"
    ln -s "$place" "$target/$1"
    [ -z "${TABLESPACES:-}" ] || echo "${1#pg_tblspc/} $place" >> "$work/tablespace_map"
}
# A tablespace's directories are reached by its link, so the links come first.
. "$work/links"
. "$work/directories"

# pg_control is written under another name, and gets its own when everything else is there.
piece() {
    dd if="$work/data" of="$target/$1" bs=1M iflag=skip_bytes,count_bytes oflag=seek_bytes conv=notrunc status=none \
        skip="$2" count="$3" seek="$4"
}
empty() {
    : > "$target/$1"
}
jq -c 'if .path == "global/pg_control" then .path = "global/pg_control.rescue" else . end' "$work/manifest" \
    > "$work/files"
jq -r 'select(.type == "file" and .size == 0) | "empty \(.path | @sh)"' "$work/files" > "$work/empty"
. "$work/empty"
jq -r '"\(.bundle) \(.id) \(.number) \(.sha256)"' "$work/bundles" > "$work/list"
page_size=$(jq -r .pageSize "$description")
while read -r bundle from number sha256; do
    echo "bundle $bundle"
    whole "$incarnation/backup/$from/bundle/$(printf %08d "$number")"
    object=$counts
    check "$object" "$sha256"
    # Places count in the object, or in what its age file holds: in either case in this file.
    compressed "$object" "$work/bundle"
    # Decompressed, a bundle is the data of its frames and then its index: header and footer are skippable frames.
    zstd -dcq < "$work/bundle" > "$work/data"
    index=$(tail -c 256 "$work/bundle" | tail -c +9 | while read -r name value; do
        if [ "$name" = offset ]; then
            echo "$value"
            break
        fi
    done)
    tail -c +$((index + 1)) "$work/bundle" | zstd -dcq \
        | jq -s 'reduce .[] as $frame ({starts: {}, next: 0}; .starts[$frame.offset | tostring] = .next
                                       | .next += ([$frame.pieces[].size] | add)) | .starts' > "$work/starts"
    # Of a piece of single pages, or without some of its pages, each run of pages that is to be written is a line.
    jq -r --slurpfile starts "$work/starts" --argjson bundle "$bundle" --argjson page "$page_size" \
        'def numbers: split(",")[] | split("+") | map(tonumber) | range(.[0]; .[0] + (.[1] // 1));
         select(.type == "file") | (.path | @sh) as $path | .pieces[] | select(.bundle == $bundle)
         | ($starts[0][.start | tostring] + .offset) as $from
         | if .pages == null and .except == null then "piece \($path) \($from) \(.size) \(.at)" else
             ([.except // empty | numbers | {key: tostring, value: true}] | from_entries) as $except
             | [if .pages then .pages | numbers else range(.at / $page; (.at + .size) / $page) end] | to_entries
             | reduce (.[] | select($except[.value | tostring] | not)) as $next ([];
                 if length > 0 and .[-1].place + .[-1].count == $next.key and .[-1].first + .[-1].count == $next.value
                 then .[-1].count += 1 else . + [{place: $next.key, first: $next.value, count: 1}] end)
             | .[] | "piece \($path) \($from + .place * $page) \(.count * $page) \(.first * $page)"
           end' "$work/files" > "$work/pieces"
    . "$work/pieces"
done < "$work/list"
# Files were created with 0600, which nearly all of them keep.
jq -r 'select(.type == "file" and .mode != "0600") | .mode' "$work/files" | sort -u > "$work/modes"
while read -r mode; do
    jq -j --arg mode "$mode" 'select(.type == "file" and .mode == $mode) | "./" + .path + "\u0000"' "$work/files" \
        | (cd "$target" && xargs -0 chmod "$mode")
done < "$work/modes"
jq -r '.backupManifest[] | "\(.number) \(.sha256)"' "$description" > "$work/parts"
while read -r number sha256; do
    whole "$incarnation/backup/$id/backup_manifest/$(printf %08d "$number")"
    part=$counts
    check "$part" "$sha256"
    decode "$part" "$work/part"
    dd if="$work/part" bs=1M status=none >> "$target/backup_manifest"
done < "$work/parts"

first=$(jq -r .walFirst "$description")
segment_size=$(jq -r .walSegmentSize "$description")
for object in "$incarnation"/history/*.history; do
    ! stands "$object" || decode "$counts" "$wal/${object##*/}"
done

# position LSN: the number that PostgreSQL prints as 16/B374D848
position() {
    echo $(((0x${1%/*} << 32) + 0x${1#*/}))
}

# switches HISTORY: "timeline position" of each ancestor's end, oldest first. The positions in the file may fall: an
# ancestor ends where the earliest of its successors begins.
switches() {
    while read -r parent at rest || [ -n "$parent" ]; do
        case $parent in
            '' | '#'*) ;;
            *) echo "$parent $(position "$at")" ;;
        esac
    done < "$1" > "$work/written"
    while read -r parent end; do
        while read -r later at; do
            [ "$later" -lt "$parent" ] || [ "$at" -ge "$end" ] || end=$at
        done < "$work/written"
        echo "$parent $end"
    done < "$work/written"
}

# The timeline path: "timeline begin end" for each timeline on it. A parent's WAL after the switch is another
# server's, and PostgreSQL would replay it where the child's is missing.
timeline=$(jq -r .timeline "$description")
stop=$(position "$(jq -r .stopLsn "$description")")
goal=${TIMELINE:-}
if [ -z "$goal" ]; then
    goal=$timeline
    for history in "$wal"/*.history; do
        [ -f "$history" ] || continue
        switches "$history" > "$work/switches"
        while read -r parent at; do
            if [ "$parent" = "$timeline" ] && [ "$at" -ge "$stop" ]; then
                name=${history##*/}
                goal=$((0x${name%.history}))
            fi
        done < "$work/switches"
    done
fi
history=$wal/$(printf %08X "$goal").history
: > "$work/switches"
if [ "$goal" -ne 1 ] && [ -f "$history" ]; then
    switches "$history" > "$work/switches"
elif [ "$goal" -ne "$timeline" ]; then
    die "the history of timeline $goal is not in the repository"
fi
begin=0
: > "$work/road"
while read -r parent at; do
    echo "$parent $begin $at" >> "$work/road"
    begin=$at
done < "$work/switches"
echo "$goal $begin 9223372036854775807" >> "$work/road"
found=
while read -r each rest; do
    [ "$each" != "$timeline" ] || found=yes
done < "$work/road"
[ -n "$found" ] || die "timeline $goal does not descend from the backup's, $timeline"

# partial SEGMENT FROM TO: the partial segment that goes furthest, if it reaches FROM
partial() {
    furthest=
    for object in "$1".partial-*; do
        [ -f "$object" ] || continue
        end=${object##*.partial-}
        [ $((0x${end%%-*})) -lt "$2" ] || furthest=$object
    done
    [ -n "$furthest" ] || return 1
    end=${furthest##*.partial-}
    end=$((0x${end%%-*}))
    whole "$furthest"
    decode "$counts" "$3"
}

# cut FILE LENGTH TO: the first bytes of a segment, and zeros after them
cut_off() {
    dd if="$1" of="$3" bs=64K iflag=count_bytes count="$2" status=none
    dd if=/dev/zero of="$3" bs=64K iflag=count_bytes oflag=seek_bytes conv=notrunc status=none \
        count=$((segment_size - $2)) seek="$2"
}

echo "WAL from $first on, along the timelines" $(while read -r each begin end; do echo "$each"; done < "$work/road")
while read -r each begin end_of_timeline; do
    for object in "$incarnation/wal/$(printf %08X "$each")"/*/*; do
        [ -f "$object" ] || continue
        base=${object%%.partial-*}
        name=${base##*/}
        case $name in
            *.*) continue ;;
        esac
        # A partial segment counts where there is no whole one, and several of one name count once.
        if [ "$base" = "$object" ]; then
            stands "$base" || continue
        else
            ! stands "$base" || continue
        fi
        [ ! -e "$wal/$name" ] || continue
        expr "x${name#????????}" \< "x${first#????????}" > /dev/null && continue
        log=${name#????????}
        start=$(((0x${log%????????} << 32) + 0x${log#????????} * segment_size))
        [ "$start" -lt "$end_of_timeline" ] && [ $((start + segment_size)) -gt "$begin" ] || continue
        if [ $((start + segment_size)) -gt "$end_of_timeline" ]; then
            # The timeline ends in it: the child's copy goes on, and must be the one that PostgreSQL takes.
            child=$(while read -r later from to; do
                [ "$later" -le "$each" ] || [ "$from" -ge $((start + segment_size)) ] || ! stands \
                    "$incarnation/wal/$(printf %08X "$later")/${log%????????}/$(printf %08X "$later")$log" || echo yes
            done < "$work/road") || :
            [ -z "$child" ] || continue
            partial "$base" "$end_of_timeline" "$work/segment" || {
                stands "$base" || continue
                decode "$counts" "$work/segment"
            }
            cut_off "$work/segment" $((end_of_timeline - start)) "$wal/$name"
        elif stands "$base"; then
            decode "$counts" "$wal/$name"
        else
            partial "$base" 0 "$work/segment"
            cut_off "$work/segment" $((end - start)) "$wal/$name"
        fi
    done
done < "$work/road"

rm -f "$target/standby.signal" "$target/recovery.signal"
[ ! -f "$work/tablespace_map" ] || mv "$work/tablespace_map" "$target/tablespace_map"
quoted=$(printf %s "$wal" | jq -Rrs '@sh' | jq -Rrs 'gsub("%"; "%%") | gsub("\\\\"; "\\\\") | gsub("\u0027"; "\u0027\u0027")')
cat >> "$target/postgresql.auto.conf" << EOF
# If it becomes the production server, reset archive_mode and max_logical_replication_workers.
# Written by rescue.sh. For another target, append its line at the end of this file before the first start; an empty
# line of another target after it would reset it.
restore_command = 'cp $quoted/%f "%p"'
recovery_target_timeline = '$goal'
recovery_target = ''
recovery_target_name = ''
recovery_target_time = ''
recovery_target_xid = ''
recovery_target_lsn = ''
archive_mode = 'off'
archive_command = ''
archive_cleanup_command = ''
recovery_end_command = ''
max_logical_replication_workers = 0
recovery_min_apply_delay = 0
primary_conninfo = ''
primary_slot_name = ''
EOF
[ -z "${TARGET_TIME:-}" ] || echo "recovery_target_time = '$TARGET_TIME'" >> "$target/postgresql.auto.conf"
: > "$target/recovery.signal"
rm -r "$work"
sync
mv "$target/global/pg_control.rescue" "$target/global/pg_control"
sync
echo "done: look at $target/postgresql.auto.conf, then: pg_ctl -D $target start"
