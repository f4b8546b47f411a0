// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.store.MemoryStore;
import org.tidemark.testkit.MovableClock;

class LostTablespacesTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final long SIZE = 5L << 30;
    private static final boolean COMPARED = true;
    private static final boolean NOT_COMPARED = false;

    @TempDir
    private Path work;

    private final MovableClock clock = new MovableClock(BEGIN);
    private StoredArchive stored;
    private final List<BackupId> ids = new ArrayList<>();

    @BeforeEach
    void newArchive() throws IOException {
        stored = new StoredArchive(new MemoryStore(clock), clock, work);
    }

    /** Takes a backup five days after the one before. */
    private BackupId backup(long tablespaceBytes, boolean isCompared) throws IOException {
        int number = ids.size();
        stored.at(BEGIN.plus(Duration.ofDays(5L * number)));
        stored.tablespace(tablespaceBytes, isCompared);
        stored.wal(1, 1 + 10L * number, 10 + 10L * number);
        ids.add(stored.backup(1, 3 + 10L * number, 4 + 10L * number));
        return ids.getLast();
    }

    private RetentionCatalog catalog() throws IOException {
        return CatalogReading.of(stored.archive(), stored.archive().backups(), clock.instant());
    }

    private List<BackupId> leaving(RetentionPolicy policy) throws IOException {
        return RetentionPlanner.plan(RetentionSettings.NONE.with(policy), catalog(), clock.instant()).leaving().stream()
                .map(PublishedBackup::id)
                .toList();
    }

    @Test
    void aBackupThatLostATablespaceIsNoReasonToLetTheOneBeforeGo() throws IOException {
        BackupId older = backup(SIZE, NOT_COMPARED);
        BackupId last = backup(SIZE, NOT_COMPARED);
        backup(0, NOT_COMPARED);
        backup(0, NOT_COMPARED);

        assertThat(leaving(new Redundancy(1))).contains(older).doesNotContain(last);
        assertThat(catalog().backups())
                .filteredOn(each -> each.problem().isPresent())
                .hasSize(2)
                .allSatisfy(each -> assertThat(each.problem().orElseThrow())
                        .contains("nothing of tablespace 'data1' at '/mnt/data1'", "5.0 GiB"));
    }

    @Test
    void norInARecoveryWindow() throws IOException {
        BackupId last = backup(SIZE, NOT_COMPARED);
        for (int i = 0; i < 6; i++) {
            backup(0, NOT_COMPARED);
        }

        assertThat(leaving(new RecoveryWindow(7, RetentionPolicy.Unit.DAYS))).doesNotContain(last);
    }

    /** With a backup that lost nothing, or of which PostgreSQL says that the tablespace is empty, all is as usual. */
    @Test
    void aLaterBackupThatHasTheTablespaceTakesItsPlace() throws IOException {
        BackupId last = backup(SIZE, NOT_COMPARED);
        backup(0, NOT_COMPARED);
        backup(SIZE, COMPARED);

        assertThat(leaving(new Redundancy(1))).contains(last);
    }

    @Test
    void aTablespaceThatWasEmptiedIsNoLoss() throws IOException {
        BackupId last = backup(SIZE, COMPARED);
        backup(0, COMPARED);
        BackupId unasked = backup(0, NOT_COMPARED);

        assertThat(leaving(new Redundancy(1))).contains(last).doesNotContain(unasked);
        assertThat(catalog().backups()).allMatch(each -> each.problem().isEmpty());
    }

    @Test
    void aTablespaceThatWasDroppedIsNoLoss() throws IOException {
        BackupId last = backup(SIZE, NOT_COMPARED);
        stored.withoutTablespaces();
        stored.at(BEGIN.plus(Duration.ofDays(5)));
        stored.wal(1, 11, 20);
        stored.backup(1, 13, 14);

        assertThat(leaving(new Redundancy(1))).containsExactly(last);
    }
}
