// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;

/**
 * The content of {@code global/pg_control}, for PostgreSQL 13 to 18. Immutable.
 *
 * @param version 1300 (PostgreSQL 13 to 16), 1700 or 1800
 * @param postgresMajor the major version, 13 to 18
 * @param dataChecksumVersion 0 if the pages have no checksums
 * @see <a href="https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_control.h">pg_control.h</a>
 */
public record ControlFile(
        SystemIdentifier system,
        int version,
        int catalogVersion,
        int postgresMajor,
        ClusterState state,
        Checkpoint checkpoint,
        Recovery recovery,
        StandbySettings settings,
        Layout layout,
        int dataChecksumVersion) {
    /** The path of the file in a data directory. */
    public static final String PATH = "global/pg_control";

    /**
     * The latest checkpoint.
     *
     * @param location the position of its record
     * @param redo the position where replay must start
     * @param nextXid the next transaction id, with its epoch in the upper 32 bits
     */
    public record Checkpoint(
            Lsn location, Lsn redo, Timeline timeline, boolean fullPageWrites, long nextXid, Instant time) {}

    /**
     * The position that a recovery must reach before the data is consistent; 0/0 if there is no such position.
     *
     * @param minRecoveryTimeline 0 if there is no minimum
     */
    public record Recovery(
            Lsn minRecoveryPoint, int minRecoveryTimeline, Lsn backupStart, Lsn backupEnd, boolean backupEndRequired) {}

    /**
     * The settings that must not be lower on a hot standby than on its primary. {@code walLevel}: 0 minimal, 1 replica,
     * 2 logical.
     */
    public record StandbySettings(
            int walLevel,
            int maxConnections,
            int maxWorkerProcesses,
            int maxWalSenders,
            int maxPreparedTransactions,
            int maxLocksPerTransaction) {}

    /**
     * The sizes that initdb or the build of PostgreSQL determined.
     *
     * @param pageSize the size of a data page in bytes
     * @param relationSegmentPages the number of pages in one file of a relation, usually 131072
     * @param walPageSize the size of a WAL page in bytes
     */
    public record Layout(int pageSize, int relationSegmentPages, int walPageSize, WalSegmentSize walSegmentSize) {}

    /** The timeline of the latest checkpoint, which is the timeline of a running primary. */
    public Timeline timeline() {
        return checkpoint.timeline();
    }

    public WalSegmentSize walSegmentSize() {
        return layout.walSegmentSize();
    }

    public int pageSize() {
        return layout.pageSize();
    }

    /**
     * Parses the bytes of a control file.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if the file is too short, its CRC-32C does not match, or a field is invalid
     * @throws UnknownControlFileException if the version of the control file is unknown
     */
    public static ControlFile parse(byte[] bytes, String file)
            throws CorruptFileException, UnknownControlFileException {
        return new ControlFileParser(bytes, file).parse();
    }

    /**
     * Reads the control file of a data directory. A running server may be writing the file, so if the CRC-32C does not
     * match, this method reads the file again, for a tenth of a second in total.
     *
     * @throws java.nio.file.NoSuchFileException if the directory has no control file
     * @throws CorruptFileException if the file is damaged
     * @throws UnknownControlFileException if the version of the control file is unknown
     */
    public static ControlFile read(Path dataDirectory) throws IOException {
        return ControlFileReader.read(dataDirectory.resolve(PATH));
    }

    /** Reads a control file while a server may be writing it. Such a write is not atomic for a reader. */
    private static final class ControlFileReader {
        // The same number as in get_controlfile() of src/common/controldata_utils.c.
        private static final int ATTEMPTS = 10;
        private static final long PAUSE_MILLIS = 10;
        // The file has 8192 bytes; a much longer file is not a control file.
        private static final int LIMIT_BYTES = 1 << 16;

        private ControlFileReader() {}

        static ControlFile read(Path file) throws IOException {
            for (int attempt = 1; ; attempt++) {
                try {
                    return ControlFile.parse(bytes(file), file.toString());
                } catch (CorruptFileException e) {
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                    pause(file);
                }
            }
        }

        private static byte[] bytes(Path file) throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(LIMIT_BYTES);
            }
        }

        private static void pause(Path file) throws InterruptedIOException {
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for a whole control file '" + file + "'");
            }
        }
    }
}
