// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.nio.file.Path;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Ends a backup before its temporary files fill the disk that they are on: it may be the one of PostgreSQL's data or
 * WAL, and PostgreSQL stops where it cannot write WAL. Immutable.
 *
 * @param directory where the temporary files are
 */
record WorkRoom(Path directory) {
    /** The space that must stay free for other programs on this disk. */
    static final long RESERVE_BYTES = 256L << 20;

    /**
     * Temporary bytes for each MiB of the cluster: manifests, and the sorting of their entries. Measured with files of
     * 1 MiB and of 1 GiB.
     */
    private static final long MANIFEST_BYTES_PER_MIB = 150;

    /** @param dataBytes an estimate of the cluster's files */
    void requireForBackup(long dataBytes) throws IOException {
        require((dataBytes >> 20) * MANIFEST_BYTES_PER_MIB);
    }

    /** Requires that enough space is still free for other programs; called again and again during the backup. */
    void requireReserve() throws IOException {
        require(0);
    }

    private void require(long bytes) throws IOException {
        long usable = DiskSpace.of(directory).map(DiskSpace::freeBytes).orElse(Long.MAX_VALUE);
        if (usable < bytes + RESERVE_BYTES) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "'" + directory + "' has " + Amounts.size(usable) + " free: the temporary files of the backup need "
                            + Amounts.size(bytes) + " there, and " + Amounts.size(RESERVE_BYTES)
                            + " must stay free for other programs; there is no backup",
                    "Free some space there, or set host.work-directory in the configuration to a directory on another"
                            + " disk.");
        }
    }
}
