// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Detects a change of a file or directory: by its size, times, inode and existence. Immutable.
 *
 * @param text without spaces
 */
public record FileStamp(Path path, String text) {
    private static final String ABSENT = "absent";
    private static final int MODIFIED = 1;
    private static final int CHANGED = 2;

    /** The present state. */
    public static FileStamp of(Path path) throws IOException {
        // Existence is checked separately, so that a permission problem stays an error.
        if (Files.notExists(path)) {
            return new FileStamp(path, ABSENT);
        }
        Map<String, Object> attributes = Files.readAttributes(path, "unix:size,lastModifiedTime,ctime,ino");
        return new FileStamp(
                path,
                attributes.get("size") + "," + nanos(attributes, "lastModifiedTime") + "," + nanos(attributes, "ctime")
                        + "," + attributes.get("ino"));
    }

    // Written out: what a record has by itself is linked at run time, at each start of a WAL command.
    @Override
    public boolean equals(Object other) {
        return other instanceof FileStamp stamp && path.equals(stamp.path) && text.equals(stamp.text);
    }

    @Override
    public int hashCode() {
        return 31 * path.hashCode() + text.hashCode();
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : 0;
    }

    /** When the content last changed; empty if the file does not exist. */
    public Optional<FileTime> modified() {
        return text.equals(ABSENT)
                ? Optional.empty()
                : Optional.of(FileTime.from(Long.parseLong(part(MODIFIED)), TimeUnit.NANOSECONDS));
    }

    /** When the file, its content or its attributes, last changed; in milliseconds, 0 where there is none. */
    public long changedMillis() {
        return text.equals(ABSENT) ? 0 : Long.parseLong(part(CHANGED)) / 1_000_000;
    }

    private String part(int number) {
        return text.split(",", -1)[number];
    }
}
