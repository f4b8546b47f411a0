// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;

/**
 * The values that decide where a segment goes, in a form that the launcher compares with its built-ins: a segment that
 * one call archived is acknowledged to another one only if both have the same identity. Immutable.
 *
 * @param line boot of the machine, checksum of the environment and arguments, as the launcher puts them together
 * @param files the configuration: every file and directory that was read, or looked for
 */
public record CallIdentity(String line, List<ConfigurationFile> files) {
    public CallIdentity {
        files = List.copyOf(files);
    }

    /**
     * One of them.
     *
     * @param modified empty if it does not exist
     * @param real the path that symbolic links lead to: where all files have one time forever, another version has
     *     another
     */
    public record ConfigurationFile(Path path, Optional<FileTime> modified, Path real) {
        /**
         * The file as it is now.
         *
         * @throws IOException if it has gone, or cannot be looked at
         */
        public static ConfigurationFile of(Path path, Optional<FileTime> modified) throws IOException {
            return new ConfigurationFile(path, modified, modified.isPresent() ? path.toRealPath() : path);
        }
    }

    /** Whether each part is one line, as a shell reads it. */
    boolean isReadable() {
        return isLine(line)
                && files.stream().allMatch(file -> isLine(file.path().toString()));
    }

    private static boolean isLine(String text) {
        return text.indexOf('\n') < 0 && text.indexOf('\0') < 0;
    }

    /** The lines that the launcher reads; an absent file has a minus sign before its path. */
    String text() {
        StringBuilder text = new StringBuilder(line).append('\n');
        for (ConfigurationFile file : files) {
            text.append(file.modified().isEmpty() ? "-" : "")
                    .append(file.path())
                    .append('\n');
        }
        return text.toString();
    }
}
