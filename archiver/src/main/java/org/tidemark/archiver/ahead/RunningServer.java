// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;

/**
 * One life of a server, from its start to its end, as {@code postmaster.pid} of its data directory tells it: the number
 * of the process in the first line, the second of its start in the third. Immutable.
 *
 * @param name both numbers, as they are part of a directory's name
 * @param lock the file
 * @param written when PostgreSQL wrote it last: at the start, and when a standby is promoted
 */
record RunningServer(String name, Path lock, FileTime written) {
    private static final String LOCK = "postmaster.pid";
    private static final int START_LINE = 2;

    /** The server of this data directory; empty if there is none, or its file cannot be read. */
    static Optional<RunningServer> of(Path dataDirectory) {
        Path lock = dataDirectory.resolve(LOCK);
        try {
            FileTime written = Files.getLastModifiedTime(lock);
            List<String> lines = Files.readAllLines(lock, StandardCharsets.ISO_8859_1);
            if (lines.size() <= START_LINE) {
                return Optional.empty();
            }
            String pid = lines.getFirst();
            String start = lines.get(START_LINE);
            return isNumber(pid) && isNumber(start)
                    ? Optional.of(new RunningServer(pid + '-' + start, lock, written))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether the process of a server with this name is gone, or can at least not be seen from here. */
    static boolean isGone(String name) {
        int end = name.indexOf('-');
        return end < 0
                || !isNumber(name.substring(0, end))
                || !Files.exists(Path.of("/proc").resolve(name.substring(0, end)));
    }

    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
