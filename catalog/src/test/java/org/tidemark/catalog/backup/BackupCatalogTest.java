// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.backup.CatalogEntry.Unreadable;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

class BackupCatalogTest {
    private final Random random = Rounds.random();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final BackupCatalog catalog =
            new BackupCatalog(store, PrivateKeys.NONE, BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system());

    @BeforeEach
    void createRepository() throws IOException {
        Repository.create(store, Clock.systemUTC());
    }

    @Test
    void allThatHasAnIdIsListedInOrder() throws IOException {
        BaseBackup backup = BackupFixtures.backup(random);
        BackupKeys cutOff = keys("20261120T063011Z-2");
        BackupKeys damaged = keys("20261119T063011Z");
        BackupKeys newer = keys("20261118T063011Z");
        put(backup.keys().backup(), backup.encode());
        put(cutOff.intent(), new byte[1]);
        put(damaged.backup(), new byte[1]);
        put(newer.backup(), seal("{\"formatVersion\": 1,\n\"id\": \"x\"}", "1", "2"));
        put(new ObjectKey("main/7312089945514410/catalog/lost/found"), new byte[1]);

        List<CatalogEntry> entries = catalog.list();

        assertThat(entries)
                .extracting(CatalogEntry::id)
                .containsExactly(newer.id(), damaged.id(), backup.id(), cutOff.id());
        assertThat(entries.get(0)).isInstanceOf(Unreadable.class);
        assertThat(entries.get(1)).isInstanceOf(Unreadable.class);
        assertThat(entries.get(2)).isEqualTo(new Published(backup));
        assertThat(entries.get(3)).isInstanceOf(Unpublished.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 499, 500, 501, 1_000, 1_001, 2_345})
    void theNewestBundleIsFoundInFewRequests(int count) throws IOException {
        MovableClock clock = new MovableClock(Instant.parse("2026-11-20T06:30:11Z"));
        MemoryStore many = new MemoryStore(clock);
        CountingStore counting = new CountingStore(many);
        BackupCatalog counted = new BackupCatalog(
                counting, PrivateKeys.NONE, BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system());
        assertThat(counted.newestBundle(BackupFixtures.KEYS.id())).isEmpty();
        for (int number = 1; number <= count; number++) {
            clock.set(clock.instant().plusSeconds(1));
            many.putIfAbsent(BackupFixtures.KEYS.bundle(number), ObjectSource.of(new byte[1]));
        }
        long before = counting.requests();

        assertThat(counted.newestBundle(BackupFixtures.KEYS.id())).contains(clock.instant());
        assertThat(counting.requests() - before).isLessThanOrEqualTo(10);
    }

    @Test
    void aDescriptionUnderTheIdOfAnotherBackupIsDamage() throws IOException {
        BackupKeys other = keys("20261120T063011Z-2");
        put(other.backup(), BackupFixtures.backup(random).encode());

        assertThatThrownBy(() -> catalog.read(other.id())).isInstanceOf(DamagedObjectException.class);
    }

    /** As where another disk was mounted: its backups are not those that are looked for. */
    @Test
    void aBackupThatIsNotThereIsToldFromAnotherRepositoryInThePlace() throws IOException {
        Repository opened = Repository.open(store, Optional.empty());
        BackupCatalog backups = opened.register(
                        new ClusterIdentity(
                                BackupFixtures.KEYS.cluster(),
                                BackupFixtures.KEYS.system(),
                                WalSegmentSize.DEFAULT,
                                8192,
                                18),
                        Clock.systemUTC())
                .backups();
        assertThat(backups.list()).isEmpty();

        store.delete(List.of(new ObjectKey("tidemark.json")));
        Repository.create(store, Clock.systemUTC());

        assertThatThrownBy(backups::list)
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.OTHER_REPOSITORY));
        assertThatThrownBy(() -> backups.read(BackupFixtures.KEYS.id()))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.OTHER_REPOSITORY));
    }

    @Test
    void aBackupThatIsNotThereIsToldFromARepositoryThatIsGone() throws IOException {
        assertThat(catalog.list()).isEmpty();
        assertStatus(ExitCode.NO_BACKUP);

        store.delete(List.of(new ObjectKey("tidemark.json")));

        assertStatus(ExitCode.NO_REPOSITORY);
        assertThatThrownBy(catalog::list).isInstanceOf(UserFacingException.class);
    }

    private void assertStatus(ExitCode status) {
        assertThatThrownBy(() -> catalog.read(BackupFixtures.KEYS.id()))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(status));
    }

    @Test
    void marksAreSetOneAfterTheOther() throws IOException {
        BackupId id = BackupFixtures.KEYS.id();
        Mark.Verified first = new Mark.Verified(BackupFixtures.STARTED, 0, Mark.Scope.ALL);
        Mark.Verified second = new Mark.Verified(BackupFixtures.STARTED.plusSeconds(1), 0, Mark.Scope.STORED);

        catalog.mark(id, first);
        catalog.mark(id, second);

        assertThat(catalog.marks(id).of(id)).containsExactly(first, second);
    }

    /** In a bucket each answer takes 20 ms or more: one after the other 10,000 backups would take minutes. */
    @Test
    void descriptionsAndMarksAreReadSeveralAtATimeAndInOrder() throws IOException {
        CountingStore counting = new CountingStore(store, Duration.ofMillis(20));
        BackupCatalog backups = new BackupCatalog(
                counting, PrivateKeys.NONE, BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system());
        BaseBackup one = BackupFixtures.backup(random);
        List<BackupId> ids = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            BackupId id = BackupId.of(BackupFixtures.STARTED.plusSeconds(i), 1);
            ids.add(id);
            put(keys(id.value()).backup(), BackupFixtures.withId(one, id).encode());
            catalog.mark(id, new Mark.Verified(BackupFixtures.STARTED, i, Mark.Scope.ALL));
            catalog.mark(id, new Mark.Verified(BackupFixtures.STARTED, 100 + i, Mark.Scope.ALL));
        }
        counting.reset();

        List<CatalogEntry> entries = backups.list();

        assertThat(entries).extracting(CatalogEntry::id).containsExactlyElementsOf(ids);
        assertThat(entries).allMatch(Published.class::isInstance);
        assertThat(counting.requests()).isEqualTo(1 + 64);
        assertThat(counting.mostAtOnce()).isBetween(2, 16);
        counting.reset();

        Mark.BackupMarks marks = backups.marks();

        for (int i = 0; i < 64; i++) {
            assertThat(marks.of(ids.get(i)))
                    .extracting(mark -> ((Mark.Verified) mark).problems())
                    .containsExactly((long) i, 100L + i);
        }
        assertThat(counting.requests()).isEqualTo(1 + 128);
        assertThat(counting.mostAtOnce()).isBetween(2, 16);
    }

    private static BackupKeys keys(String id) {
        return new BackupKeys(BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system(), new BackupId(id));
    }

    /** A document of another format version, with the seal that it would have. */
    private static byte[] seal(String object, String version, String other) {
        String sealed = new String(ChecksummedJson.write(object), StandardCharsets.UTF_8)
                .replaceFirst("\"formatVersion\": " + version, "\"formatVersion\": " + other);
        int seal = sealed.lastIndexOf("\"sha256\"");
        String digest = Sha256.of(sealed.substring(0, seal).getBytes(StandardCharsets.UTF_8))
                .hex();
        return (sealed.substring(0, seal) + "\"sha256\": \"" + digest + "\"}\n").getBytes(StandardCharsets.UTF_8);
    }

    private void put(ObjectKey key, byte[] bytes) throws IOException {
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }
}
