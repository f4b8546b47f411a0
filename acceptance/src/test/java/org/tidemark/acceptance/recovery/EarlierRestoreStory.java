// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.acceptance.recovery.WalStory.Moment;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.TemporaryTree;

/**
 * The primary dies before its last segment is archived, and a standby is promoted to timeline 2. Then somebody restores
 * along timeline 2 to a moment shortly before the failover, and that copy archives as timeline 3: it left timeline 1
 * before timeline 2 began, and the positions in its history fall. It is told once for each version of PostgreSQL.
 * Immutable.
 *
 * @param second the segments of timeline 2: with the switch, and one after it
 * @param third the segments of timeline 3, as those of timeline 2
 * @param end after everything on timeline 3
 */
record EarlierRestoreStory(ArchivedCluster cluster, List<String> second, List<String> third, Moment end) {
    static final String ROWS_BEFORE = "batch-1=50 batch-2=50";
    static final String ROWS_OF_2 = ROWS_BEFORE + " new-3=50 new-4=50 undone-2=50";
    static final String ROWS_OF_3 = ROWS_BEFORE + " third-3=50 third-4=50";

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Map<PostgresBinaries, EarlierRestoreStory> TOLD = new ConcurrentHashMap<>();

    EarlierRestoreStory {
        second = List.copyOf(second);
        third = List.copyOf(third);
    }

    static EarlierRestoreStory of(PostgresBinaries binaries) {
        return TOLD.computeIfAbsent(binaries, EarlierRestoreStory::tell);
    }

    private static EarlierRestoreStory tell(PostgresBinaries binaries) {
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-earlier");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(directory)));
        Path repository = directory.resolve("repository");
        String spool = directory.resolve("spool").toString();
        try (PostgresServer primary = ArchivedCluster.primary(binaries)
                .archiving(ArchivedCluster.archiveCommand(repository))
                .environment("TIDEMARK_HOST_SPOOL", spool)
                .start()) {
            String system = ArchivedCluster.register(primary, repository);
            primary.sql("CREATE TABLE rows (batch text, n int)", "CREATE TABLE ticks (n int)");
            Path base = primary.takeBaseBackup(directory.resolve("base")).dataDirectory();
            ArchivedCluster cluster = new ArchivedCluster(binaries, system, base, repository);
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(base)
                    .environment("TIDEMARK_HOST_SPOOL", spool)
                    .standbyOf(primary)
                    .start()) {
                WalStory.write(primary, "batch-1");
                primary.archiveCurrentSegment(LIMIT);
                Moment branch = WalStory.write(primary, "batch-2");
                Moment last = WalStory.write(primary, "undone-2");
                PostgresWait.until(
                        "the standby has everything",
                        LIMIT,
                        standby,
                        () -> standby.query("SELECT pg_last_wal_replay_lsn() >= '" + last.lsn() + "'")
                                .equals("t"));
                primary.stopImmediately();
                standby.promote();
                List<String> second = twoSegments(standby, "new");
                awaitHistory(standby, 2);
                try (PostgresServer copy =
                        FailoverStory.promotedCopy(cluster, Goal.at(2, Goal.Kind.NAME, branch), spool)) {
                    WalStory.write(copy, "third-3");
                    String first = copy.archiveCurrentSegment(LIMIT);
                    Moment end = WalStory.write(copy, "third-4");
                    List<String> third = List.of(first, copy.archiveCurrentSegment(LIMIT));
                    awaitHistory(copy, 3);
                    return new EarlierRestoreStory(cluster, second, third, end);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> twoSegments(PostgresServer server, String prefix) {
        WalStory.write(server, prefix + "-3");
        String first = server.archiveCurrentSegment(LIMIT);
        WalStory.write(server, prefix + "-4");
        return List.of(first, server.archiveCurrentSegment(LIMIT));
    }

    private static void awaitHistory(PostgresServer server, int timeline) {
        String name = String.format("%08X.history", timeline);
        PostgresWait.until("'" + name + "' is archived", LIMIT, server, () -> server.isArchived(name));
    }
}
