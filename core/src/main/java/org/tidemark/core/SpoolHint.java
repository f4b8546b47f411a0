// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A line of text in the spool that may be lost at any time, see docs/design/spool.md. That it cannot be read or written
 * is no error.
 */
public final class SpoolHint {
    private final Path spool;
    private final Path file;

    /** @param path in the part of the spool, such as {@code main} */
    public SpoolHint(Path spool, SpoolPart part, String path) {
        this.spool = spool;
        this.file = part.in(spool).resolve(path);
    }

    public Path file() {
        return file;
    }

    /** Empty if there is none. */
    public Optional<String> read() {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.UTF_8).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Nothing where there is no spool: a hint does not create it. */
    public void write(String text) {
        if (Files.isDirectory(spool)) {
            UnsyncedFile.replaceIfPossible(file, out -> out.write((text + "\n").getBytes(StandardCharsets.UTF_8)));
        }
    }

    public void remove() {
        UnsyncedFile.removeIfPossible(file);
    }
}
