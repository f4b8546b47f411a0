// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * By what a change of a file or directory is noticed: its size, times of change and inode, or that there is none.
 * Immutable.
 *
 * @param text without spaces
 */
record FileStamp(Path path, String text) {
    private static final String ABSENT = "absent";

    static FileStamp of(Path path) throws IOException {
        // "no such file" is asked for by itself, so that "may not be looked at" stays an error.
        if (Files.notExists(path)) {
            return new FileStamp(path, ABSENT);
        }
        Map<String, Object> attributes = Files.readAttributes(path, "unix:size,lastModifiedTime,ctime,ino");
        return new FileStamp(
                path,
                attributes.get("size") + "," + nanos(attributes, "lastModifiedTime") + "," + nanos(attributes, "ctime")
                        + "," + attributes.get("ino"));
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : 0;
    }

    /** When the file, its content or its attributes, last changed; in milliseconds, 0 where there is none. */
    long changedMillis() {
        if (text.equals(ABSENT)) {
            return 0;
        }
        int end = text.lastIndexOf(',');
        return Long.parseLong(text.substring(text.lastIndexOf(',', end - 1) + 1, end)) / 1_000_000;
    }
}
