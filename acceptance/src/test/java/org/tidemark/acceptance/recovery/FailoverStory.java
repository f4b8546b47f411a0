// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.recovery.WalStory.Moment;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/**
 * A copy is promoted to timeline 2 and archives, while the primary of timeline 1 goes on archiving to the same
 * repository. To one reader the rows of timeline 1 behind the switch are those of an abandoned primary, to the other
 * the copy is a test that has nothing to do with production. It is told once for each version of PostgreSQL. Immutable.
 *
 * @param old the segments of timeline 1: before the switch, with the switch, and two behind it
 * @param young the segments of timeline 2: with the switch, and one behind it
 * @param end behind everything on timeline 2
 */
record FailoverStory(ArchivedCluster cluster, List<String> old, List<String> young, Moment end) {
    static final String ROWS_BEFORE = "batch-1=50 batch-2=50";
    static final String ROWS_OF_2 = ROWS_BEFORE + " new-3=50 new-4=50";
    static final String ROWS_OF_1 = ROWS_BEFORE + " old-2=50 old-3=50 old-4=50";
    static final String HISTORY = "00000002.history";

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Map<PostgresBinaries, FailoverStory> TOLD = new ConcurrentHashMap<>();

    FailoverStory {
        old = List.copyOf(old);
        young = List.copyOf(young);
    }

    static FailoverStory of(PostgresBinaries binaries) {
        return TOLD.computeIfAbsent(binaries, FailoverStory::tell);
    }

    private static FailoverStory tell(PostgresBinaries binaries) {
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-failover");
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

            WalStory.write(primary, "batch-1");
            String first = primary.archiveCurrentSegment(LIMIT);
            Moment branch = WalStory.write(primary, "batch-2");
            String second = abandoned(primary, "old-2");
            try (PostgresServer copy = promotedCopy(cluster, Goal.at(Goal.Kind.NAME, branch), spool)) {
                String third = abandoned(primary, "old-3");
                WalStory.write(copy, "new-3");
                String youngFirst = copy.archiveCurrentSegment(LIMIT);
                Moment end = WalStory.write(copy, "new-4");
                String youngSecond = copy.archiveCurrentSegment(LIMIT);
                String fourth = abandoned(primary, "old-4");
                return new FailoverStory(
                        cluster, List.of(first, second, third, fourth), List.of(youngFirst, youngSecond), end);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String abandoned(PostgresServer primary, String batch) {
        WalStory.write(primary, batch);
        return primary.archiveCurrentSegment(LIMIT);
    }

    /** Restored from the archive; it keeps the archive_command that came with the copy. */
    static PostgresServer promotedCopy(ArchivedCluster cluster, Goal goal, String spool) {
        var builder = PostgresServer.of(cluster.binaries())
                .from(cluster.base())
                .environment("TIDEMARK_HOST_SPOOL", spool)
                .recovery(InstalledTidemark.launcher() + " wal-fetch %f %p --repository file://" + cluster.repository()
                        + " " + goal.options());
        goal.settings().forEach(builder::autoSetting);
        PostgresServer copy = builder.create();
        try {
            copy.launch();
            copy.awaitRecoveryEnd(LIMIT);
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
        return copy;
    }
}
