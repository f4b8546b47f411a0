// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalRange;

/**
 * The content of a backup_manifest without its list of files. The list may have a million entries, so a visitor
 * receives them one by one. Immutable.
 *
 * @param version 1 (PostgreSQL 13 to 16) or 2
 * @param system present only in version 2
 * @param walRanges the WAL that must be replayed before the data is consistent
 * @see <a href="https://www.postgresql.org/docs/current/backup-manifest-format.html">Backup Manifest Format</a>
 */
public record PostgresManifest(int version, Optional<SystemIdentifier> system, List<WalRange> walRanges, long files) {
    /** The file's name in a data directory. */
    public static final String PATH = "backup_manifest";

    /**
     * One file of the backup.
     *
     * @param path relative to the data directory, with slashes; the files of tablespaces are below pg_tblspc
     * @param modified the time of the last change, in whole seconds
     */
    public record File(String path, long size, Instant modified, Optional<ManifestChecksum> checksum) {}

    /** Receives the files in the order of the list. */
    @FunctionalInterface
    public interface Visitor {
        void file(File file) throws IOException;
    }

    public PostgresManifest {
        walRanges = List.copyOf(walRanges);
    }

    /**
     * Reads a manifest to its end and verifies its own checksum. The entries that {@code visitor} received are valid
     * only if this method returns. The caller closes the stream.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if the manifest is damaged or has an unknown version
     */
    public static PostgresManifest read(InputStream in, String file, Visitor visitor) throws IOException {
        return new PostgresManifestReader(in, file, visitor).read();
    }
}
