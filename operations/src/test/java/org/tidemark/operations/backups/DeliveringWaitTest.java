// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.WalFile;
import org.tidemark.store.ElapsedTime;

/** When a backup that waits delivers itself what is queued. */
class DeliveringWaitTest {
    private static final WalFile SEGMENT = WalFile.parse("000000010000000000000008");

    private final List<String> delivered = new ArrayList<>();
    private final List<Duration> told = new ArrayList<>();
    private long now;
    private final DeliveringWait wait = new DeliveringWait(
            new BackupListener() {
                @Override
                public void phase(BackupId id, Phase phase) {}

                @Override
                public void source(SourceMethod used, String reason) {}

                @Override
                public void progress(long bytesRead, long bytesExpected, long bytesStored) {}

                @Override
                public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
                    told.add(waited);
                }

                @Override
                public void warning(String message) {}
            },
            delivered::add,
            new ElapsedTime() {
                @Override
                public long nanos() {
                    return now;
                }

                @Override
                public void pause(Duration duration) {
                    now += duration.toNanos();
                }
            });

    private void waits(String repository, int seconds) {
        wait.awaitingWal(SEGMENT, repository, Duration.ofSeconds(seconds), "");
    }

    @Test
    void aPushHasSomeSecondsFirst() {
        waits("far", 1);
        waits("far", 4);

        assertThat(delivered).isEmpty();
        assertThat(told).hasSize(2);
    }

    @Test
    void whatIsQueuedIsDeliveredOnceAndThenAgainAfterAPause() {
        waits("far", 5);
        waits("far", 6);
        waits("far", 7);

        assertThat(delivered).containsExactly("far");
        assertThat(told).hasSize(3);
        now += Duration.ofSeconds(15).toNanos();
        waits("far", 20);
        assertThat(delivered).containsExactly("far", "far");
    }
}
