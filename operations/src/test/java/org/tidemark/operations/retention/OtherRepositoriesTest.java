// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Mark.Kept.Target;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.retention.Awaited;
import org.tidemark.retention.Awaited.Copies;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.session.StoredSession;

class OtherRepositoriesTest {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    @TempDir
    private Path directory;

    private StoredSession stored;
    private OtherRepositories others;

    @BeforeEach
    void open() throws IOException {
        stored = new StoredSession(
                directory, new TreeMap<>(Map.of("a", "REDUNDANCY 1", "b", "REDUNDANCY 2", "c", "")), now);
        others = new OtherRepositories(stored.session(), now);
    }

    @AfterEach
    void close() {
        stored.close();
    }

    private List<Lagging> behind(String holder) throws IOException {
        return others.laggingBehind(stored.settings(holder), stored.in(holder).archive());
    }

    private Awaited awaited(String holder) throws IOException {
        RetentionCatalog held = CatalogReading.of(
                stored.in(holder).archive(), stored.in(holder).archive().backups(), now);
        return others.awaited(stored.settings(holder), stored.in(holder).archive(), held);
    }

    @Test
    void eachOtherOneIsReadWithItsOwnPolicy() throws IOException {
        BackupId id = stored.in("b").backup(1, 1, 2);

        List<Lagging> behind = behind("a");

        assertThat(behind).extracting(Lagging::name).containsExactly("b", "c");
        assertThat(behind).extracting(Lagging::copies).containsOnly(Copies.BACKUPS_AND_WAL);
        assertThat(behind.getFirst().settings()).isEqualTo(stored.settings("b").retention());
        assertThat(behind.getFirst().contents().orElseThrow().backups())
                .extracting(PublishedBackup::id)
                .containsExactly(id);
        assertThat(behind.getLast().contents().orElseThrow().backups()).isEmpty();
    }

    @Test
    void oneThatDoesNotAnswerMayLackEverything() throws IOException {
        stored.remove("c");

        assertThat(behind("a").getLast().contents()).isEmpty();
        assertThat(others.silentBeside(stored.settings("a"))).containsExactly("c");
        assertThat(others.silentBeside(stored.settings("c"))).isEmpty();
    }

    @Test
    void eachIsReadOnce() throws IOException {
        assertThat(behind("a").getFirst().contents().orElseThrow().backups()).isEmpty();
        stored.in("b").backup(1, 1, 2);
        assertThat(behind("a").getFirst().contents().orElseThrow().backups()).isEmpty();
    }

    @Test
    void whatWasReadBeforeIsNotReadAgain() throws IOException {
        stored.in("b").backup(1, 1, 2);
        RetentionCatalog read = CatalogReading.of(
                stored.in("b").archive(), stored.in("b").archive().backups(), now);
        others.hold("b", stored.in("b").archive(), () -> read);
        stored.at(now.plusSeconds(60));
        stored.in("b").backup(1, 3, 3);

        assertThat(behind("a").getFirst().contents().orElseThrow().backups()).hasSize(1);
    }

    @Test
    void oneThatFailedIsNotAskedAgain() throws IOException {
        others.doesNotAnswer("b");

        assertThat(behind("a").getFirst().contents()).isEmpty();
        assertThat(others.silentBeside(stored.settings("a"))).containsExactly("b");
    }

    @Test
    void aBackupThatAnotherOneLacksIsAwaitedThere() throws IOException {
        stored.in("a").wal(1, 1, 4);
        stored.in("a").backup(1, 1, 2);

        assertThat(awaited("a")).isNotEqualTo(Awaited.NOTHING);
    }

    @Test
    void theStricterKeepOfTheOthersCounts() throws IOException {
        BackupId id = stored.in("a").backup(1, 1, 2);
        stored.in("b").backup(1, 1, 2);
        stored.in("c").backup(1, 1, 2);
        keep("b", id, Target.STANDALONE);
        assertThat(others.kept(stored.settings("a"), stored.in("a").archive()).get(id))
                .satisfies(keep -> assertThat(keep.scope()).isEqualTo(WalScope.STANDALONE));

        keep("c", id, Target.FULL);
        others = new OtherRepositories(stored.session(), now);
        assertThat(others.kept(stored.settings("a"), stored.in("a").archive()).get(id))
                .satisfies(keep -> assertThat(keep.scope()).isEqualTo(WalScope.FULL));
        assertThat(others.kept(stored.settings("c"), stored.in("c").archive()).get(id))
                .as("its own does not count")
                .satisfies(keep -> assertThat(keep.scope()).isEqualTo(WalScope.STANDALONE));
    }

    private void keep(String repository, BackupId id, Target target) throws IOException {
        stored.in(repository)
                .archive()
                .backups()
                .mark(id, new Kept(now, target, Optional.empty(), Optional.empty(), Optional.empty()));
    }
}
