// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.Optional;
import org.tidemark.backup.source.ClusterSource.ReadAt;
import org.tidemark.core.HostFiles;
import org.tidemark.core.Sha256;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.RateLimit;

/**
 * The host of a server, whose files are read there. Immutable.
 *
 * @param files closed by the source that reads them
 * @param otherName of another host, as it is reached; empty for this one
 */
public record SourceHost(HostFiles files, Optional<String> otherName) {
    private static final String MACHINE_ID = "/etc/machine-id";
    private static final int MAX_ID_BYTES = 64;
    private static final int DIGITS = 16;

    /** Reaches another host; does not connect before the first question. */
    @FunctionalInterface
    public interface Reach {
        /**
         * Names the host.
         *
         * @param connections the maximum number of them
         */
        SourceHost host(int connections);
    }

    /** The same, of which no more is read than so many bytes per second, by all threads together. */
    SourceHost limited(long bytesPerSecond) {
        return new SourceHost(new LimitedFiles(files, new RateLimit(bytesPerSecond, ElapsedTime.SYSTEM)), otherName);
    }

    boolean isThis() {
        return otherName.isEmpty();
    }

    /** For messages. */
    String name() {
        return otherName.orElse("this host");
    }

    /** @param directory the data directory: a primary and its standby may be on one machine */
    ReadAt readAt(String directory) throws IOException {
        return isThis() ? ReadAt.THIS_HOST : new ReadAt(machine(directory), false);
    }

    /**
     * What tells a machine from others that a name may lead to at another time, such as its standby: a digest of
     * machine-id(5), which is not to be told itself. Empty if the host has none.
     */
    private Optional<String> machine(String directory) throws IOException {
        try {
            String id = new String(files.read(MACHINE_ID, MAX_ID_BYTES), StandardCharsets.ISO_8859_1).strip();
            return id.matches("[0-9a-f]{32}")
                    ? Optional.of(Sha256.of(("tidemark " + id + " " + directory).getBytes(StandardCharsets.UTF_8))
                            .hex()
                            .substring(0, DIGITS))
                    : Optional.empty();
        } catch (FileSystemException e) {
            return Optional.empty();
        }
    }
}
