// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.HostMemory;

/**
 * The directories that need no sync, since nothing in them has changed after an earlier process synced them
 * (docs/adr/0035-syncs-of-directories.md). Thread-safe.
 */
final class SettledDirectories {
    /**
     * A process synced it. File systems count time in steps of some milliseconds, so another change may have the same
     * time: the directory is synced once more after {@link #STEP_MILLIS}.
     */
    private static final String SEEN = "seen:";

    /** It was synced again long after its last change. */
    private static final String SETTLED = "settled:";

    private static final long STEP_MILLIS = 1000;
    private static final int MOST = 64;
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private final HostMemory memory;
    private @Nullable String boot;

    /** The notes of earlier processes, and of this one: the state and the version, by the directory's path. */
    private final Map<String, String> earlier = new TreeMap<>();

    private final Map<String, String> notes = new TreeMap<>();

    private boolean changed;

    SettledDirectories(HostMemory memory) {
        this.memory = memory;
    }

    /** The version of a directory, to be taken before it is synced; null if the file system does not tell. */
    static @Nullable String version(Path directory) {
        try {
            Map<String, Object> attributes = Files.readAttributes(directory, "unix:dev,ino,ctime");
            return attributes.get("ctime") instanceof FileTime time
                    ? attributes.get("dev") + "," + attributes.get("ino") + "," + time.to(TimeUnit.NANOSECONDS)
                    : null;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether every entry of this version of the directory is durable. */
    synchronized boolean isSettled(Path directory, @Nullable String version) {
        read();
        return version != null && (SETTLED + version).equals(notes.get(directory.toString()));
    }

    /**
     * Notes that the directory was synced after it had this version.
     *
     * @param millis between the version and the sync, since a moment that all processes of this boot share
     */
    synchronized void synced(Path directory, @Nullable String version, long millis) {
        read();
        String path = directory.toString();
        if (version == null || path.indexOf('\n') >= 0) {
            return;
        }
        String seen = SEEN + version + ",";
        String before = earlier.getOrDefault(path, "");
        boolean isSeen = before.startsWith(seen);
        String note = seen + millis;
        if (isSeen) {
            note = millis - millisOf(before.substring(seen.length())) >= STEP_MILLIS ? SETTLED + version : before;
        }
        changed |= !note.equals(notes.put(path, note));
    }

    private static long millisOf(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    /** Keeps what was noted, for later processes. */
    synchronized void keep() {
        if (!changed || boot == null || boot.isEmpty()) {
            return;
        }
        changed = false;
        if (notes.size() > MOST) {
            notes.clear();
        }
        StringBuilder text = new StringBuilder(boot).append('\n');
        notes.forEach((path, note) -> text.append(note).append(' ').append(path).append('\n'));
        memory.write(text.toString());
    }

    /** After a crash nothing of before is believed: the disk may have been repaired, or put back. */
    private void read() {
        if (boot != null) {
            return;
        }
        boot = boot();
        String[] lines = memory.read().split("\n", -1);
        if (boot.isEmpty() || !lines[0].equals(boot)) {
            return;
        }
        // What follows the last line end was cut off.
        for (int i = 1; i < lines.length - 1; i++) {
            int blank = lines[i].indexOf(' ');
            if (blank > 0) {
                earlier.put(lines[i].substring(blank + 1), lines[i].substring(0, blank));
            }
        }
        notes.putAll(earlier);
    }

    private static String boot() {
        try {
            return Files.readString(BOOT).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
