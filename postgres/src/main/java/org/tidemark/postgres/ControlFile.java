// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;

/**
 * What {@code global/pg_control} says, of PostgreSQL 13 to 18. Immutable.
 *
 * @param version 1300 (PostgreSQL 13 to 16), 1700 or 1800
 * @param postgresMajor 13 and so on
 * @param dataChecksumVersion 0: the pages have no checksums
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
    /** Where the file stands in a data directory. */
    public static final String PATH = "global/pg_control";

    /**
     * The latest checkpoint.
     *
     * @param location where its record starts
     * @param redo where replay must start
     * @param nextXid the next transaction id, with its epoch in the upper 32 bits
     */
    public record Checkpoint(
            Lsn location, Lsn redo, Timeline timeline, boolean fullPageWrites, long nextXid, Instant time) {}

    /**
     * How far a recovery must go before the data is consistent; positions are 0/0 where there is no such limit.
     *
     * @param minRecoveryTimeline 0 where there is no minimum
     */
    public record Recovery(
            Lsn minRecoveryPoint, int minRecoveryTimeline, Lsn backupStart, Lsn backupEnd, boolean backupEndRequired) {}

    /**
     * The settings that a hot standby may not set lower than its primary. {@code walLevel}: 0 minimal, 1 replica, 2
     * logical.
     */
    public record StandbySettings(
            int walLevel,
            int maxConnections,
            int maxWorkerProcesses,
            int maxWalSenders,
            int maxPreparedTransactions,
            int maxLocksPerTransaction) {}

    /**
     * Sizes that were fixed when the cluster or its programs were made.
     *
     * @param pageSize bytes of a data page
     * @param relationSegmentPages pages in one file of a relation, 131072 as a rule
     * @param walPageSize bytes of a WAL page
     */
    public record Layout(int pageSize, int relationSegmentPages, int walPageSize, WalSegmentSize walSegmentSize) {}

    /** The timeline of the latest checkpoint: what a running primary writes on. */
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
     * Reads the bytes of a control file.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if the file is too short, its CRC-32C does not match, or a field has no valid value
     * @throws UnknownControlFileException if it is of a version that is not known here
     */
    public static ControlFile parse(byte[] bytes, String file)
            throws CorruptFileException, UnknownControlFileException {
        return new ControlFileParser(bytes, file).parse();
    }

    /**
     * Reads the control file of a data directory. A running server may be writing the file: a CRC-32C that does not
     * match is looked at again, for a tenth of a second in all.
     *
     * @throws java.nio.file.NoSuchFileException if the directory has no control file
     * @throws CorruptFileException if the file is damaged
     * @throws UnknownControlFileException if it is of a version that is not known here
     */
    public static ControlFile read(Path dataDirectory) throws IOException {
        return ControlFileReader.read(dataDirectory.resolve(PATH));
    }
}
