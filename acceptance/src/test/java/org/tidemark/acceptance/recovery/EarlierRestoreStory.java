// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.acceptance.recovery.WalStory.Moment;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

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

    private static final Map<PostgresBinaries, EarlierRestoreStory> TOLD = new ConcurrentHashMap<>();

    EarlierRestoreStory {
        second = List.copyOf(second);
        third = List.copyOf(third);
    }

    static EarlierRestoreStory of(PostgresBinaries binaries) {
        return TOLD.computeIfAbsent(binaries, each -> ArchivedCluster.tell(each, "earlier", EarlierRestoreStory::tell));
    }

    private static EarlierRestoreStory tell(ArchivedCluster.Beginning beginning) {
        PostgresServer primary = beginning.primary();
        try (PostgresServer standby = PostgresServer.of(beginning.cluster().binaries())
                .from(beginning.cluster().base())
                .environment("TIDEMARK_HOST_SPOOL", beginning.spool())
                .standbyOf(primary)
                .start()) {
            WalStory.archive(primary, "batch-1");
            Moment branch = WalStory.write(primary, "batch-2");
            Moment last = WalStory.write(primary, "undone-2");
            PostgresWait.until(
                    "the standby has everything",
                    ArchivedCluster.LIMIT,
                    standby,
                    () -> standby.query("SELECT pg_last_wal_replay_lsn() >= '" + last.lsn() + "'")
                            .equals("t"));
            primary.stopImmediately();
            standby.promote();
            List<String> second = List.of(WalStory.archive(standby, "new-3"), WalStory.archive(standby, "new-4"));
            awaitHistory(standby, 2);
            try (PostgresServer copy = beginning.promotedCopy(Goal.at(2, Goal.Kind.NAME, branch))) {
                String first = WalStory.archive(copy, "third-3");
                Moment end = WalStory.write(copy, "third-4");
                List<String> third = List.of(first, copy.archiveCurrentSegment(ArchivedCluster.LIMIT));
                awaitHistory(copy, 3);
                return new EarlierRestoreStory(beginning.cluster(), second, third, end);
            }
        }
    }

    private static void awaitHistory(PostgresServer server, int timeline) {
        String name = String.format("%08X.history", timeline);
        PostgresWait.until("'" + name + "' is archived", ArchivedCluster.LIMIT, server, () -> server.isArchived(name));
    }
}
