// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.BegunBackups;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;

class BackupListingTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

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

    private List<ListedBackup> listed() {
        return BackupListing.of(ClusterReading.of(stored.session(), WalReading.WHOLE, now));
    }

    private BackupId backup(String repository, long first, long last) throws IOException {
        return stored.in(repository).backup(1, first, last);
    }

    private void wal(long first, long last) throws IOException {
        stored.in("near").wal(1, first, last);
    }

    @Test
    void theCopiesOfABackupAreOneEntry() throws IOException {
        wal(1, 3);
        BackupId id = backup("near", 1, 2);
        backup("far", 1, 2);
        stored.at(now.plusSeconds(60));
        BackupId alone = backup("near", 3, 3);

        assertThat(listed()).extracting(ListedBackup::id).containsExactly(id, alone);
        assertThat(listed()).extracting(ListedBackup::state).containsOnly(BackupState.COMPLETE);
        assertThat(listed().getFirst().repositories()).containsExactly("far", "near");
        assertThat(listed().getLast().repositories()).containsExactly("near");
        assertThat(listed()).noneMatch(ListedBackup::hasNamesake);
    }

    @Test
    void differentBackupsWithOneIdAreTwoEntries() throws IOException {
        wal(1, 3);
        backup("near", 1, 2);
        backup("far", 3, 3);

        assertThat(listed()).hasSize(2).allMatch(ListedBackup::hasNamesake);
        assertThat(listed()).extracting(ListedBackup::repositories).containsExactly(List.of("near"), List.of("far"));
    }

    @Test
    void theOneThatLeadsFurthestIsTheLastWhateverItsDate() throws IOException {
        wal(1, 9);
        BackupId further = backup("near", 8, 9);
        stored.at(now.plusSeconds(60));
        BackupId nearer = backup("near", 1, 2);

        assertThat(listed()).extracting(ListedBackup::id).containsExactly(nearer, further);
    }

    @Test
    void aBackupIsWholeByTheWalOfAllRepositoriesTogether() throws IOException {
        backup("far", 1, 2);
        wal(1, 1);
        assertThat(listed().getFirst().state()).isEqualTo(BackupState.BROKEN);
        assertThat(listed().getFirst().against()).isNotEmpty();

        wal(2, 2);
        assertThat(listed().getFirst().state()).isEqualTo(BackupState.COMPLETE);
    }

    @Test
    void aCopyThatLacksAnObjectIsNotSoundAndTheOtherOneIs() throws IOException {
        wal(1, 2);
        BackupId id = backup("near", 1, 2);
        backup("far", 1, 2);
        stored.store("far")
                .delete(List.of(StoredArchive.IDENTITY.keys().backup(id).bundle(2)));

        ListedBackup backup = listed().getFirst();
        assertThat(backup.state()).isEqualTo(BackupState.COMPLETE);
        assertThat(backup.isSoundIn("near")).isTrue();
        assertThat(backup.isSoundIn("far")).isFalse();
    }

    @Test
    void aDamagedCopyIsNotSound() throws IOException {
        wal(1, 2);
        BackupId id = backup("near", 1, 2);
        stored.in("near").archive().backups().mark(id, new Mark.Verified(now, 1, Mark.Scope.ALL));

        ListedBackup backup = listed().getFirst();
        assertThat(backup.state()).isEqualTo(BackupState.BROKEN);
        assertThat(backup.isSoundIn("near")).isFalse();
        assertThat(backup.verified()).containsOnlyKeys("near");
    }

    @Test
    void whatIsNoBackupYetIsRunningWhileItGoesOn() throws IOException {
        stored.in("near").begin(Optional.empty(), List.of());
        assertThat(listed()).extracting(ListedBackup::state).containsExactly(BackupState.RUNNING);
        assertThat(listed().getFirst().backup()).isEmpty();

        Instant later = now.plus(Duration.ofDays(30));
        assertThat(BackupListing.of(ClusterReading.of(stored.session(), WalReading.WHOLE, later)))
                .extracting(ListedBackup::state)
                .containsExactly(BackupState.INTERRUPTED);
    }

    @Test
    void whatThisHostHasEndedIsNotRunning() throws IOException {
        BackupId id = stored.in("near").begin(Optional.empty(), List.of()).id();
        BegunBackups begun = stored.session().begun(StoredArchive.IDENTITY.cluster());
        try (Closeable _ = begun.begin(id, now)) {
            assertThat(begun.hasEnded(id)).isFalse();
            assertThat(listed()).extracting(ListedBackup::state).containsExactly(BackupState.RUNNING);
        }
        assertThat(begun.hasEnded(id)).isTrue();
        assertThat(listed()).extracting(ListedBackup::state).containsExactly(BackupState.INTERRUPTED);
        assertThat(begun.hasEnded(BackupId.of(now, 2))).isFalse();
    }

    @Test
    void ofARepositoryThatDoesNotAnswerNothingIsListed() throws IOException {
        wal(1, 2);
        backup("near", 1, 2);
        stored.at(now.plusSeconds(60));
        backup("far", 1, 2);
        stored.remove("far");

        assertThat(listed()).hasSize(1);
        assertThat(listed().getFirst().repositories()).containsExactly("near");
    }
}
