// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.HostFiles;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupResult;

/** The source of the files of a base backup. Takes one backup. */
public interface ClusterSource extends AutoCloseable {
    /**
     * The facts that the end of a copy gives.
     *
     * @param label what {@code backup_label} says, which is among the files
     * @param controlFile the bytes of {@code global/pg_control}, which was copied after every other file
     * @param damage what PostgreSQL said about pages that it found damaged
     * @param filesFrom a time before the first file was read, by the clock of the files; empty if PostgreSQL sent them
     */
    @SuppressWarnings("ArrayRecordComponent") // Parsed once, never compared.
    record Copied(
            BaseBackupResult positions,
            BackupLabel label,
            byte[] controlFile,
            Optional<String> damage,
            Optional<Instant> filesFrom) {}

    /**
     * Where files are read, by which a later backup knows those that nobody has written since. Immutable.
     *
     * @param machine of another host, a digest of its machine-id(5) and the data directory; empty for this host, or if
     *     it is unknown
     * @param isThis whether it is this host
     */
    record ReadAt(Optional<String> machine, boolean isThis) {
        public static final ReadAt THIS_HOST = new ReadAt(Optional.empty(), true);
    }

    /** Where files are read. */
    default ReadAt readAt() {
        return ReadAt.THIS_HOST;
    }

    /** How they are read, which the backup tells. */
    default SourceMethod method() {
        return readAt().isThis() ? SourceMethod.LOCAL : SourceMethod.SSH;
    }

    /** Whether PostgreSQL sends its own backup_manifest. */
    boolean hasManifest();

    /** The files of the server's host, if they are read there; closed with this. */
    default Optional<HostFiles> hostFiles() {
        return Optional.empty();
    }

    /**
     * Starts a base backup, gives every file of the cluster to {@code sink}, and ends the backup. If it throws,
     * PostgreSQL is not in backup mode any more.
     *
     * @param label the label in backup_label
     * @throws org.tidemark.core.UserFacingException {@link org.tidemark.core.ExitCode#BACKUP_FAILED} if what the
     *     cluster needs cannot be copied, and what the connection throws
     * @throws IOException of the files, and of {@code sink}
     */
    Copied copy(String label, FileSink sink) throws IOException;

    @Override
    void close();
}
