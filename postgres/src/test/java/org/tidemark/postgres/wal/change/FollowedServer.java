// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalPageHeader;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.change.TransactionFollower.SegmentRead;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** A server that keeps all of its WAL, which is read from its data directory; with settings of the run's seed. */
final class FollowedServer {
    private FollowedServer() {}

    static PostgresServer start(PostgresBinaries binaries, int segmentMebibytes) {
        Random random = Rounds.random();
        return PostgresServer.of(binaries)
                .withTemplates()
                .initdb("--wal-segsize=" + segmentMebibytes)
                .setting("wal_keep_size", "64GB")
                .setting("wal_recycle", "off")
                .setting("autovacuum", "off")
                .setting("max_wal_size", "16GB")
                .setting("max_prepared_transactions", "5")
                .setting("wal_level", random.nextBoolean() ? "replica" : "logical")
                .setting("wal_compression", random.nextBoolean() ? "on" : "off")
                .start();
    }

    static List<Path> segments(PostgresServer server) throws IOException {
        try (Stream<Path> files = Files.list(server.dataDirectory().resolve("pg_wal"))) {
            return files.filter(each ->
                            Files.isRegularFile(each) && !each.toString().endsWith(".history"))
                    .sorted()
                    // The server has some segments ready, empty or with old records, before it writes to them.
                    .takeWhile(FollowedServer::isWritten)
                    .toList();
        }
    }

    private static boolean isWritten(Path segment) {
        try (InputStream in = Files.newInputStream(segment)) {
            ByteBuffer header =
                    ByteBuffer.wrap(in.readNBytes(WalPageHeader.LONG_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            // Its page address has the number of the segment, in the size that the name belongs to.
            return header.getLong(8)
                    == name(segment)
                            .start(new WalSegmentSize(header.getInt(32)))
                            .value();
        } catch (IllegalArgumentException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Segment name(Path segment) {
        return (Segment) WalFile.parse(String.valueOf(segment.getFileName()));
    }

    static Following following(List<Path> segments, int index) {
        return index + 1 < segments.size()
                ? () -> new BufferedInputStream(Files.newInputStream(segments.get(index + 1)), 1 << 16)
                : Following.NONE;
    }

    static InputStream open(Path segment) throws IOException {
        return new BufferedInputStream(Files.newInputStream(segment), 1 << 18);
    }

    /** All transactions of all segments. */
    static List<EndedTransaction> transactions(PostgresServer server, WalSegmentSize size) throws IOException {
        List<EndedTransaction> found = new ArrayList<>();
        TransactionFollower follower = new TransactionFollower(TransactionFollower.DEFAULT_MOST_ENTRIES, found::add);
        follow(follower, segments(server), size, _ -> {});
        if (follower.damagedRecords() + follower.unknownRecords() > 0) {
            throw new AssertionError(follower.damagedRecords() + " records are taken for damaged, "
                    + follower.unknownRecords() + " are unknown");
        }
        return found;
    }

    static void follow(
            TransactionFollower follower, List<Path> segments, WalSegmentSize size, Consumer<SegmentRead> read)
            throws IOException {
        for (int i = 0; i < segments.size(); i++) {
            try (InputStream in = open(segments.get(i))) {
                read.accept(follower.read(in, following(segments, i), name(segments.get(i)), size));
            }
        }
    }
}
