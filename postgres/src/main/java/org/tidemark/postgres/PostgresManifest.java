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
 * What a backup_manifest says beside its list of files, which may have a million entries and passes by. Immutable.
 *
 * @param version 1 (PostgreSQL 13 to 16) or 2
 * @param system only in version 2
 * @param walRanges what must be replayed before the data is consistent
 * @see <a href="https://www.postgresql.org/docs/current/backup-manifest-format.html">Backup Manifest Format</a>
 */
public record PostgresManifest(int version, Optional<SystemIdentifier> system, List<WalRange> walRanges, long files) {
    /** The file's name in a data directory. */
    public static final String PATH = "backup_manifest";

    /**
     * One file of the backup.
     *
     * @param path relative to the data directory, with slashes; tablespaces' files stand under pg_tblspc
     * @param modified to the second
     */
    public record File(String path, long size, Instant modified, Optional<ManifestChecksum> checksum) {}

    /** Takes the files in the order in which they are listed. */
    @FunctionalInterface
    public interface Visitor {
        void file(File file) throws IOException;
    }

    public PostgresManifest {
        walRanges = List.copyOf(walRanges);
    }

    /**
     * Reads a manifest to its end, and compares its own checksum: only if this returns may what {@code visitor} saw be
     * believed. The stream is the caller's to close.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if the manifest is damaged, or of another version
     */
    public static PostgresManifest read(InputStream in, String file, Visitor visitor) throws IOException {
        return new PostgresManifestReader(in, file, visitor).read();
    }
}
