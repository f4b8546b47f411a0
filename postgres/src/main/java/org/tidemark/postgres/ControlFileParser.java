// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.zip.CRC32C;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile.Checkpoint;
import org.tidemark.postgres.ControlFile.Layout;
import org.tidemark.postgres.ControlFile.Recovery;
import org.tidemark.postgres.ControlFile.StandbySettings;

/** Parses {@code ControlFileData}. Tests compare the offsets with pg_control_*() of PostgreSQL 13 to 18. */
final class ControlFileParser {
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
