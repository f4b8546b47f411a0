# Written by tidemark recover --wal copy. PostgreSQL runs it as restore_command, with the name of a
# file of WAL and the path where it wants to have it: sh fetch NAME PATH
#   0  it is there, and has the SHA-256 of the list
#   1  it is no part of this recovery: WAL after the last segment, or the history of a timeline
#   200  it is missing or damaged: PostgreSQL stops, and does not end the recovery here
LC_ALL=C
export LC_ALL
last=@LAST@
case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
stop() {
    echo "FATAL: $1" >&2
    exit 200
}
if [ ! -r "$here/SHA256SUMS" ]; then
    stop "there is no list of the WAL in '$here'"
fi
line=$(grep -E "^[0-9a-f]{64}  $1\$" "$here/SHA256SUMS")
if [ -z "$line" ]; then
    case $1 in
        *.history) exit 1 ;;
    esac
    if expr "x${1#????????}" \> "x$last" > /dev/null; then
        exit 1
    fi
    stop "'$1' was not copied with this restore"
fi
# Whether a tablespace of this data directory is in a directory: it may be dropped before another is created there.
is_own() {
    for link in pg_tblspc/*; do
        if [ -L "$link" ] && [ "$link" -ef "$1" ]; then
            return 0
        fi
    done
    return 1
}
# After the replay of CREATE TABLESPACE PostgreSQL writes in its directory, whoever else does.
creates() { # SEGMENT OID DIRECTORY
    if [ "$1" = "$wanted" ] && ! is_own "$3"; then
        for each in "$3/PG_@MAJOR@_"*; do
            if [ -d "$each" ]; then
                stop "the replay of '$1' creates tablespace $2 in '$3', and would write into '$each'"
            fi
        done
    fi
}
# Whether PostgreSQL was started with the target that this restore wrote: it ends before what comes after that.
ends_before() {
    now=$(sed -n -e '/^recovery_target_timeline /d' -e '/^recovery_target_action /d' \
        -e '/^[[:space:]]*[Rr][Ee][Cc][Oo][Vv][Ee][Rr][Yy]_[Tt][Aa][Rr][Gg][Ee][Tt]/p' postgresql.auto.conf)
    [ "$now" = @TARGET@ ] && [ -r postmaster.opts ] && ! [ postgresql.auto.conf -nt postmaster.opts ] &&
        ! grep -Eq '"(-c *|--)?recovery.target' postmaster.opts
}
wanted=$1
@TABLESPACES@
cp "$here/$1" "$2" || stop "'$1' could not be copied from '$here'"
sum=$(sha256sum < "$2") || stop "sha256sum does not work here"
if [ "${sum%% *}" != "${line%% *}" ]; then
    rm -f "$2"
    stop "'$1' in '$here' is damaged"
fi
exit 0
