// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * A primary that writes {@value #BATCHES} batches of rows, each in a segment of its own, and archives them. It is told
 * once for each version of PostgreSQL; every scenario works on a copy. Immutable.
 *
 * @param segments the names of the segments that hold the batches, from batch 1
 * @param moments targets for a recovery that ends just after each batch, from batch 1
 */
record WalStory(ArchivedCluster cluster, List<String> segments, List<Moment> moments) {
    static final int BATCHES = 4;

    private static final Map<PostgresBinaries, WalStory> TOLD = new ConcurrentHashMap<>();

    /** A moment between two commits of one segment, in every way in which recovery_target_… can name it. */
    record Moment(String time, String xid, String lsn, String name) {}

    WalStory {
        segments = List.copyOf(segments);
        moments = List.copyOf(moments);
    }

    static WalStory of(PostgresBinaries binaries) {
        return TOLD.computeIfAbsent(binaries, each -> ArchivedCluster.tell(each, "story", WalStory::tell));
    }

    /** The segment that holds a batch, counted from 1. */
    String segment(int batch) {
        return segments.get(batch - 1);
    }

    /** A moment after the commit of a batch, counted from 1, and before another commit in the same segment. */
    Moment after(int batch) {
        return moments.get(batch - 1);
    }

    /** What {@link RecoveringServer#rows} gives when exactly these batches are there. */
    static String rowsUpTo(int batch) {
        List<String> rows = new ArrayList<>();
        for (int each = 1; each <= batch; each++) {
            rows.add("batch-" + each + "=50");
        }
        return String.join(" ", rows);
    }

    private static WalStory tell(ArchivedCluster.Beginning beginning) {
        PostgresServer primary = beginning.primary();
        List<String> segments = new ArrayList<>();
        List<Moment> moments = new ArrayList<>();
        for (int batch = 1; batch <= BATCHES; batch++) {
            moments.add(write(primary, "batch-" + batch));
            segments.add(primary.archiveCurrentSegment(ArchivedCluster.LIMIT));
        }
        return new WalStory(beginning.cluster(), segments, moments);
    }

    /** Writes a batch, and waits until its segment is archived. */
    static String archive(PostgresServer server, String batch) {
        write(server, batch);
        return server.archiveCurrentSegment(ArchivedCluster.LIMIT);
    }

    /** Commits fifty rows, then something else after the moment that is returned. */
    static Moment write(PostgresServer server, String batch) {
        String xid = server.query("WITH written AS (INSERT INTO rows SELECT '" + batch
                + "', g FROM generate_series(1, 50) g RETURNING n) SELECT txid_current(), count(*) FROM written");
        String name = "after-" + batch;
        server.sql("SELECT pg_create_restore_point('" + name + "')");
        String lsn = server.query("SELECT pg_current_wal_insert_lsn()");
        String time = server.query("SELECT clock_timestamp()");
        server.sql("INSERT INTO ticks VALUES (1)");
        return new Moment(time, xid, lsn, name);
    }
}
