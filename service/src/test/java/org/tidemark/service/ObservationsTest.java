// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ClusterName;
import org.tidemark.session.Session;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.status.ClusterStatus;

class ObservationsTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final int BACKUPS = 100;
    private static final int CLUSTERS = 100;
    private static final long MOST_BYTES = 256 << 10;

    /** A thousand of them are to fit beside the tasks. */
    @Test
    void aClusterOfAHundredBackupsTakesLittleMemory(@TempDir Path directory) throws Exception {
        Observations observations = new Observations(new MovableClock(NOW));
        try (StoredSession stored = StoredSession.ofTwo(directory, NOW.minusSeconds(BACKUPS * 3_600L))) {
            for (int i = 0; i < BACKUPS; i++) {
                stored.at(NOW.minusSeconds((BACKUPS - i) * 3_600L));
                stored.in("near").backup(1, 10 * i + 1, 10 * i + 2);
                stored.in("near").wal(1, 10 * i + 1, 10 * i + 10);
            }
            for (int i = 0; i < 10; i++) {
                reading(stored); // what all of them share, as code that is compiled meanwhile
            }
            long before = memory();
            for (int i = 0; i < CLUSTERS; i++) {
                observations.read(new ClusterName("c" + i), reading(stored));
            }
            long each = (memory() - before) / CLUSTERS;

            assertThat(observations.all()).hasSize(CLUSTERS);
            assertThat(each).as("bytes of a cluster").isLessThan(MOST_BYTES);
        }
    }

    /** As another cluster would be read: by a session of its own. */
    private static Reading reading(StoredSession stored) throws IOException {
        try (Session session = stored.session().only(stored.settings("near"))) {
            ClusterStatus status = ClusterStatus.of(session, ClusterReading.of(session, WalReading.WHOLE, NOW));
            assertThat(status.incarnations().getFirst().together().newest()).isPresent();
            return Reading.of(session, status, NOW);
        }
    }

    private static long memory() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
