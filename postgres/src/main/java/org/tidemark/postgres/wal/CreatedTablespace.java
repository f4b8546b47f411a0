// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.PathBytes;
import org.tidemark.postgres.wal.WalReader.WalRecord;

/**
 * The creation of a tablespace outside of the data directory. Its replay takes the directory {@code PG_<version>} that
 * is in the location, whichever cluster uses it, and what follows is written there; PostgreSQL knows no way to lead it
 * elsewhere (create_tablespace_directories() in src/backend/commands/tablespace.c). Immutable.
 *
 * @param at where the record begins: a recovery that ends before it does not create the tablespace
 * @param previous where the record before it begins; {@code at} if that is not known
 * @param location absolute, in the form of {@link PathBytes}
 */
public record CreatedTablespace(Lsn at, Lsn previous, long oid, String location) {
    // RM_TBLSPC_ID of src/include/access/rmgrlist.h, and XLOG_TBLSPC_CREATE of src/include/commands/tablespace.h.
    private static final int RM_TBLSPC = 5;
    private static final int CREATE = 0x00;

    // xl_tblspc_create_rec: an OID, and a path of less than MAXPGPATH bytes that ends with a zero.
    private static final int MOST_BYTES = 2048;

    /** One of whose record nothing but a position at or after it is known. */
    public CreatedTablespace(Lsn at, long oid, String location) {
        this(at, at, oid, location);
    }

    static int wanted(int resourceManager, int info) {
        return resourceManager == RM_TBLSPC && (info & 0xF0) == CREATE ? MOST_BYTES : 0;
    }

    /** Empty if it is another record, or the tablespace is inside of the data directory. */
    static Optional<CreatedTablespace> of(WalRecord record) {
        if (record.resourceManager() != RM_TBLSPC || record.operation() != CREATE) {
            return Optional.empty();
        }
        ByteBuffer body = record.body();
        int data = record.mainData();
        if (data < 0) {
            return Optional.empty();
        }
        int length = 0;
        while (data + Integer.BYTES + length < body.limit() && body.get(data + Integer.BYTES + length) != 0) {
            length++;
        }
        byte[] path = new byte[length];
        body.get(data + Integer.BYTES, path);
        return length == 0
                ? Optional.empty()
                : Optional.of(new CreatedTablespace(
                        record.start(),
                        record.previous(),
                        Integer.toUnsignedLong(body.getInt(data)),
                        PathBytes.decode(path)));
    }

    /** The location on this host. */
    public Path directory() {
        return PathBytes.path(location);
    }

    /**
     * The directory of another tablespace that the replay would take for its own, with files in it or without: as long
     * as a tablespace is in use, PostgreSQL has its directory there. Empty if there is none.
     *
     * @param postgresMajor of the cluster that is recovered: other versions have directories of their own
     * @throws IOException if that cannot be seen
     */
    public Optional<Path> occupied(int postgresMajor) throws IOException {
        try (DirectoryStream<Path> versions = Files.newDirectoryStream(directory(), "PG_" + postgresMajor + "_*")) {
            for (Path version : versions) {
                if (Files.isDirectory(version)) {
                    return Optional.of(version);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return Optional.empty();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return Optional.empty();
    }

    /**
     * Whether a tablespace of this data directory is there: this one, which its own replay has created before, or one
     * that the server dropped before it created this one. For PostgreSQL creates none where another one is.
     */
    public boolean isOf(Path dataDirectory) {
        return !linkedBy(dataDirectory).isEmpty();
    }

    /** The OIDs of the tablespaces of a data directory that are there, in decimal digits. */
    public List<String> linkedBy(Path dataDirectory) {
        List<String> oids = new ArrayList<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(dataDirectory.resolve("pg_tblspc"))) {
            for (Path link : links) {
                if (Files.isSymbolicLink(link) && leadsTo(link, directory())) {
                    oids.add(String.valueOf(link.getFileName()));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        return oids;
    }

    private static boolean leadsTo(Path link, Path directory) {
        try {
            return Files.isSameFile(link, directory);
        } catch (IOException e) {
            return false;
        }
    }
}
