// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.zip.CRC32C;
import org.tidemark.core.IoAction;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile.Checkpoint;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.ControlFile.Layout;
import org.tidemark.postgres.ControlFile.Recovery;
import org.tidemark.postgres.ControlFile.StandbySettings;
import org.tidemark.postgres.ControlFile.UnknownControlFileException;

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

    /** The file has 8192 bytes; a much longer file is not a control file. */
    public static final int MAX_BYTES = 1 << 16;

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
            int maxLocksPerTransaction) {
        /** The least that a server which replays this cluster's WAL must be given, by the setting's name. */
        public SequencedMap<String, Integer> minimums() {
            SequencedMap<String, Integer> minimums = new LinkedHashMap<>();
            minimums.put("max_connections", maxConnections);
            minimums.put("max_worker_processes", maxWorkerProcesses);
            minimums.put("max_wal_senders", maxWalSenders);
            minimums.put("max_prepared_transactions", maxPreparedTransactions);
            minimums.put("max_locks_per_transaction", maxLocksPerTransaction);
            return minimums;
        }
    }

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
     * The latest timeline that it has certainly reached: that of the checkpoint, or of what was replayed after it, as
     * in InitWalRecovery() of src/backend/access/transam/xlogrecovery.c.
     */
    public Timeline reachedTimeline() {
        return new Timeline(Math.max(timeline().id(), recovery.minRecoveryTimeline()));
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
        return readWhole(dataDirectory).control();
    }

    /** A control file and the bytes that were parsed. Immutable. */
    @SuppressWarnings("ArrayRecordComponent") // Copied, never compared.
    public record Whole(ControlFile control, byte[] bytes) {}

    /** Like {@link #read}, but also returns the bytes. */
    public static Whole readWhole(Path dataDirectory) throws IOException {
        Path file = dataDirectory.resolve(PATH);
        return readWhole(file.toString(), new LocalControlFile(file));
    }

    /**
     * Like {@link #readWhole(Path)}, wherever the file is.
     *
     * @param file the file's name, for messages
     * @param bytes reads at most {@link #MAX_BYTES} of the file, each time that it runs
     */
    public static Whole readWhole(String file, IoAction.Returning<byte[]> bytes) throws IOException {
        return ControlFileReader.read(file, bytes);
    }

    // No lambda, which would take time at the start of every WAL command.
    private record LocalControlFile(Path file) implements IoAction.Returning<byte[]> {
        @Override
        public byte[] run() throws IOException {
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(MAX_BYTES);
            }
        }
    }

    /** Reads a control file while a server may be writing it. Such a write is not atomic for a reader. */
    private static final class ControlFileReader {
        // The same number as in get_controlfile() of src/common/controldata_utils.c.
        private static final int ATTEMPTS = 10;
        private static final long PAUSE_MILLIS = 10;

        private ControlFileReader() {}

        static Whole read(String file, IoAction.Returning<byte[]> reading) throws IOException {
            for (int attempt = 1; ; attempt++) {
                byte[] bytes = reading.run();
                try {
                    return new Whole(ControlFile.parse(bytes, file), bytes);
                } catch (CorruptFileException e) {
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                    pause(file);
                }
            }
        }

        private static void pause(String file) throws InterruptedIOException {
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for a whole control file '" + file + "'");
            }
        }
    }

    /**
     * The state of a cluster when its control file was written, in the order of PostgreSQL's {@code DBState}
     * (src/include/catalog/pg_control.h).
     */
    public enum ClusterState {
        STARTING_UP("starting up"),
        SHUT_DOWN("shut down"),
        SHUT_DOWN_IN_RECOVERY("shut down in recovery"),
        SHUTTING_DOWN("shutting down"),
        IN_CRASH_RECOVERY("in crash recovery"),
        IN_ARCHIVE_RECOVERY("in archive recovery"),
        IN_PRODUCTION("in production");

        private final String text;

        ClusterState(String text) {
            this.text = text;
        }

        /** The text that pg_controldata prints. */
        @Override
        public String toString() {
            return text;
        }
    }

    /** A control file with an unknown layout. Its first two fields have the same position in all versions. */
    public static final class UnknownControlFileException extends IOException {
        private static final long serialVersionUID = 1L;

        private final long system;
        private final int version;

        UnknownControlFileException(String file, SystemIdentifier system, int version) {
            super("'" + file + "' is of an unknown version: pg_control_version " + version
                    + " (known: 1300, 1700 and 1800, PostgreSQL 13 to 18), system identifier " + system);
            this.system = system.value();
            this.version = version;
        }

        public SystemIdentifier system() {
            return new SystemIdentifier(system);
        }

        /** The field {@code pg_control_version}, such as 1900. */
        public int version() {
            return version;
        }
    }

    /** Parses {@code ControlFileData}. Tests compare the offsets with pg_control_*() of PostgreSQL 13 to 18. */
    private static final class ControlFileParser {
        private static final int VERSION_13_TO_16 = 1300;
        private static final int VERSION_17 = 1700;
        private static final int VERSION_18 = 1800;
        // The catalog version of each major release; a development version counts as the older release.
        private static final int CATALOG_14 = 202107181;
        private static final int CATALOG_15 = 202209061;
        private static final int CATALOG_16 = 202307071;
        // ControlFileData.floatFormat distinguishes another floating-point format from a damaged file.
        private static final double FLOAT_FORMAT = 1234567.0;
        private static final int SHORTEST_BYTES = 296;

        private final ByteBuffer bytes;
        private final String file;

        ControlFileParser(byte[] bytes, String file) {
            this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            this.file = file;
        }

        ControlFile parse() throws CorruptFileException, UnknownControlFileException {
            if (bytes.capacity() < SHORTEST_BYTES) {
                throw corrupt("too short for a control file: " + bytes.capacity() + " bytes");
            }
            SystemIdentifier system = new SystemIdentifier(bytes.getLong(0));
            int version = bytes.getInt(8);
            verifyCrc(crcOffset(system, version));
            if (bytes.getDouble(208) != FLOAT_FORMAT) {
                throw corrupt("written by a server with another floating-point format");
            }
            int catalogVersion = bytes.getInt(12);
            try {
                return new ControlFile(
                        system,
                        version,
                        catalogVersion,
                        postgresMajor(version, catalogVersion),
                        state(bytes.getInt(16)),
                        checkpoint(),
                        new Recovery(lsn(136), bytes.getInt(144), lsn(152), lsn(160), bytes.get(168) != 0),
                        settings(),
                        layout(),
                        bytes.getInt(252));
            } catch (IllegalArgumentException e) {
                throw corrupt(String.valueOf(e.getMessage()));
            }
        }

        private int crcOffset(SystemIdentifier system, int version)
                throws CorruptFileException, UnknownControlFileException {
            return switch (version) {
                case VERSION_13_TO_16, VERSION_17 -> 288;
                case VERSION_18 -> 292;
                // A file of zeros is damaged; it is not a new version of PostgreSQL.
                case 0 -> throw corrupt("the version of the control file is 0");
                default -> throw new UnknownControlFileException(file, system, version);
            };
        }

        private void verifyCrc(int offset) throws CorruptFileException {
            CRC32C crc = new CRC32C();
            crc.update(bytes.array(), 0, offset);
            if ((int) crc.getValue() != bytes.getInt(offset)) {
                throw corrupt("the CRC-32C does not match: the file is damaged or half-written");
            }
        }

        private static int postgresMajor(int version, int catalogVersion) {
            return switch (version) {
                case VERSION_17 -> 17;
                case VERSION_18 -> 18;
                default ->
                    catalogVersion < CATALOG_14
                            ? 13
                            : catalogVersion < CATALOG_15 ? 14 : catalogVersion < CATALOG_16 ? 15 : 16;
            };
        }

        private static ClusterState state(int ordinal) {
            ClusterState[] states = ClusterState.values();
            if (ordinal < 0 || ordinal >= states.length) {
                throw new IllegalArgumentException("not a cluster state: " + ordinal);
            }
            return states[ordinal];
        }

        private Checkpoint checkpoint() {
            return new Checkpoint(
                    lsn(32),
                    lsn(40),
                    new Timeline(bytes.getInt(48)),
                    bytes.get(56) != 0,
                    bytes.getLong(64),
                    Instant.ofEpochSecond(bytes.getLong(104)));
        }

        private StandbySettings settings() {
            return new StandbySettings(
                    bytes.getInt(172),
                    bytes.getInt(180),
                    bytes.getInt(184),
                    bytes.getInt(188),
                    bytes.getInt(192),
                    bytes.getInt(196));
        }

        private Layout layout() {
            return new Layout(
                    bytes.getInt(216), bytes.getInt(220), bytes.getInt(224), new WalSegmentSize(bytes.getInt(228)));
        }

        private Lsn lsn(int offset) {
            return new Lsn(bytes.getLong(offset));
        }

        private CorruptFileException corrupt(String problem) {
            return new CorruptFileException(file, problem);
        }
    }
}
