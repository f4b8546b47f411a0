// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Optional;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Sha256;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Segments that only a server still has. After a failover, the new primary's pg_wal may be the only place with what the
 * old primary had not archived yet: a standby counts received WAL as archived. Immutable.
 *
 * @param directory the pg_wal of a server
 */
record LocalPgWal(Path directory) {
    /** Of the server's data directory, where it is configured. */
    static Optional<LocalPgWal> of(ClusterSettings cluster) {
        return cluster.dataDirectory().map(data -> new LocalPgWal(data.resolve("pg_wal")));
    }

    /** Whether every segment of a gap is there. {@code wal-push} checks their content. */
    boolean hasAll(WalHole hole, WalSegmentSize size) {
        for (long index = hole.first().index(size); index <= hole.last().index(size); index++) {
            if (!isWhole(
                    directory.resolve(Segment.of(hole.timeline(), index, size).name()), size)) {
                return false;
            }
        }
        return true;
    }

    /** The digest of a segment that is there; empty if it is not, or cannot be read. */
    Optional<Sha256> digest(Segment segment, WalSegmentSize size) {
        Path file = directory.resolve(segment.name());
        MessageDigest digest = Sha256.newDigest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            long read = in.transferTo(OutputStream.nullOutputStream());
            return read == size.bytes() ? Optional.of(Sha256.finish(digest)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A hint to archive the segments that are there. */
    String hint(WalHole hole) {
        return (hole.count() == 1
                        ? "pg_wal still has it, until the next checkpoint; archive it now: "
                        : "pg_wal still has them, until the next checkpoint; archive each now, from the first to the"
                                + " last: ")
                + CopyableCommand.of(
                        "wal-push", directory.resolve(hole.first().name()).toString());
    }

    private static boolean isWhole(Path segment, WalSegmentSize size) {
        try {
            return Files.size(segment) == size.bytes();
        } catch (IOException e) {
            return false;
        }
    }
}
