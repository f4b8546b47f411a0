// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reads the few files of a server's configuration where the server runs. Paths are absolute. */
public interface ConfigurationHost extends AutoCloseable {
    /** PostgreSQL reads no longer one either without trouble; what is longer is something else. */
    int MAX_BYTES = 1 << 20;

    /**
     * A file that was read.
     *
     * @param mode the nine low bits of a Unix mode
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Found(byte[] content, int mode, Instant modified) {}

    /**
     * Empty if there is no such file, or a directory of that name.
     *
     * @throws IOException also if it is longer than {@value #MAX_BYTES} bytes; the message is a part of a sentence
     */
    Optional<Found> read(String path) throws IOException;

    /** The names in a directory. */
    List<String> names(String directory) throws IOException;

    /** The path without links, as far as the host tells; the path itself if there is no such file. */
    String realPath(String path) throws IOException;

    @Override
    void close();
}
