#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command in another root, with processes, /proc, /run and devices of its own, as a host without systemd has them.
# What it has started ends with it. Needs root.
# Usage: dist/src/test/host.sh ROOT COMMAND...
set -euo pipefail
# shellcheck disable=SC2016 # for the shell inside
exec unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    mount -t tmpfs tmpfs "$0/run"
    chroot "$0" install -d -o postgres -g postgres -m 2775 /run/postgresql 2> /dev/null || true
    exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"' "$@"
