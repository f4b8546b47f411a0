// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.session.StoredSession;

class LackingBackupTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private static final Duration PATIENCE = Duration.ofHours(1);

    @TempDir
    private Path directory;

    private StoredSession stored;

    @BeforeEach
    void open() throws IOException {
        stored = StoredSession.ofTwo(directory, now);
    }

    @AfterEach
    void close() {
        stored.close();
    }

    private Optional<LackingBackup> look() throws IOException {
        return LackingBackup.look(stored.session(), PATIENCE, Optional.empty(), now);
    }

    private BackupId everywhere(long first, long last) throws IOException {
        stored.in("far").backup(1, first, last);
        return stored.in("near").backup(1, first, last);
    }

    @Test
    void nothingIsLackingWhileABackupLeadsToTheNewestWal() throws IOException {
        assertThat(look()).as("there is nothing at all").isEmpty();
        stored.in("near").wal(1, 1, 5);
        everywhere(1, 2);
        assertThat(look()).isEmpty();
    }

    @Test
    void walWithoutABackupAsksForOne() throws IOException {
        Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        stored.in("near").wal(1, 1, 5);

        LackingBackup lacking = look().orElseThrow();

        assertThat(lacking.why()).isEqualTo("the newest WAL cannot be restored, because there is no backup");
        assertThat(lacking.due()).isBetween(before.plus(PATIENCE), Instant.now().plus(PATIENCE));
    }

    @Test
    void aHoleAsksForOneUnlessAnotherRepositoryFillsIt() throws IOException {
        stored.in("near").wal(1, 1, 5);
        stored.in("near").wal(1, 7, 9);
        everywhere(1, 2);
        assertThat(look().orElseThrow().why())
                .isEqualTo("the newest WAL cannot be restored, because WAL before '000000010000000000000007' is"
                        + " missing");

        stored.in("far").wal(1, 6, 6);
        assertThat(look()).isEmpty();
    }

    @Test
    void aRepositoryWithoutAnyBackupLacksOneOfItsOwn() throws IOException {
        stored.in("near").wal(1, 1, 5);
        stored.in("far").wal(1, 1, 5);
        stored.in("near").backup(1, 1, 2);
        assertThat(look().orElseThrow().why()).endsWith(" in 'far'");
    }

    @Test
    void aDamagedBackupAsksForAnotherSinceItWasFound() throws IOException {
        stored.in("near").wal(1, 1, 5);
        BackupId id = everywhere(1, 2);
        Instant found = now.minus(Duration.ofHours(3));
        for (String each : List.of("near", "far")) {
            stored.in(each).archive().backups().mark(id, new Mark.Verified(found, 1, Mark.Scope.ALL));
        }

        assertThat(look().orElseThrow().due()).isEqualTo(found.plus(PATIENCE));
    }

    @Test
    void aDrillThatFailedByTheDataAsksForOne() throws IOException {
        stored.in("near").wal(1, 1, 5);
        BackupId id = everywhere(1, 2);
        Instant failed = now.plus(Duration.ofMinutes(2));
        drill(id, "1", failed, Optional.of("question"));
        assertThat(look()).as("the data is not at fault").isEmpty();

        drill(id, "2", failed, Optional.of("wal"));
        LackingBackup lacking = look().orElseThrow();
        assertThat(lacking.due()).isEqualTo(failed);
        assertThat(lacking.why()).endsWith("has failed by the data");

        drill(id, "3", failed.plusSeconds(1), Optional.empty());
        assertThat(look()).as("another one has passed").isEmpty();
    }

    private void drill(BackupId id, String drill, Instant ended, Optional<String> fault) throws IOException {
        ClusterArchive near = stored.in("near").archive();
        IncarnationKeys keys = near.identity().keys();
        new DrillChains(near.repository().store(), keys)
                .append(
                        new DrillKeys(keys, new UUID(0, 1), new UUID(0, 2)),
                        fault.map(each -> HeldEvidence.failed(keys, drill, id.value(), ended, each))
                                .orElseGet(() -> HeldEvidence.proven(keys, drill, id.value(), ended)));
    }

    @Test
    void nothingIsSaidWhileARepositoryDoesNotAnswer() throws IOException {
        stored.in("near").wal(1, 1, 5);
        stored.remove("far");
        assertThat(look()).isEmpty();
    }

    /** All hosts must come to the same run: its time goes by what is stored. */
    @Test
    void whenItIsDueDoesNotGoByTheHost() throws IOException {
        stored.in("near").wal(1, 1, 5);
        assertThat(LackingBackup.look(stored.session(), PATIENCE, Optional.empty(), now.plus(Duration.ofDays(3))))
                .isEqualTo(look());
    }

    @Test
    void itIsRememberedAsText() {
        LackingBackup lacking = new LackingBackup(now, "WAL before 'X' is missing");
        assertThat(LackingBackup.parse(lacking.text())).contains(lacking);
        assertThat(LackingBackup.parse("yesterday WAL")).isEmpty();
        assertThat(LackingBackup.parse("")).isEmpty();
    }
}
