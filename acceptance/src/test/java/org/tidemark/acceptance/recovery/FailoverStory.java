// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.acceptance.recovery.WalStory.Moment;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * A copy is promoted to timeline 2 and archives, while the primary of timeline 1 goes on archiving to the same
 * repository. To one reader the rows of timeline 1 after the switch are those of an abandoned primary, to the other the
 * copy is a test that has nothing to do with production. It is told once for each version of PostgreSQL. Immutable.
 *
 * @param old the segments of timeline 1: before the switch, with the switch, and two after it
 * @param young the segments of timeline 2: with the switch, and one after it
 * @param end a position after everything on timeline 2
 */
record FailoverStory(ArchivedCluster cluster, List<String> old, List<String> young, Moment end) {
    static final String ROWS_BEFORE = "batch-1=50 batch-2=50";
    static final String ROWS_OF_2 = ROWS_BEFORE + " new-3=50 new-4=50";
    static final String ROWS_OF_1 = ROWS_BEFORE + " old-2=50 old-3=50 old-4=50";
    static final String HISTORY = "00000002.history";

    private static final Map<PostgresBinaries, FailoverStory> TOLD = new ConcurrentHashMap<>();

    FailoverStory {
        old = List.copyOf(old);
        young = List.copyOf(young);
    }

    static FailoverStory of(PostgresBinaries binaries) {
        return TOLD.computeIfAbsent(binaries, each -> ArchivedCluster.tell(each, "failover", FailoverStory::tell));
    }

    private static FailoverStory tell(ArchivedCluster.Beginning beginning) {
        PostgresServer primary = beginning.primary();
        String first = WalStory.archive(primary, "batch-1");
        Moment branch = WalStory.write(primary, "batch-2");
        String second = WalStory.archive(primary, "old-2");
        try (PostgresServer copy = beginning.promotedCopy(Goal.at(Goal.Kind.NAME, branch))) {
            String third = WalStory.archive(primary, "old-3");
            String youngFirst = WalStory.archive(copy, "new-3");
            Moment end = WalStory.write(copy, "new-4");
            String youngSecond = copy.archiveCurrentSegment(ArchivedCluster.LIMIT);
            String fourth = WalStory.archive(primary, "old-4");
            return new FailoverStory(
                    beginning.cluster(), List.of(first, second, third, fourth), List.of(youngFirst, youngSecond), end);
        }
    }
}
