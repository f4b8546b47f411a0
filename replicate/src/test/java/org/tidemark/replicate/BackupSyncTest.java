// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.replicate.StoredBackup.KEYS;
import static org.tidemark.replicate.TwoRepositories.segment;
import static org.tidemark.replicate.TwoRepositories.wal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.EncryptedOnlyStore;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Annotated;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Mark.Kept.Target;
import org.tidemark.catalog.backup.Mark.Released;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncProblem;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** A copy that is damaged, or another one, is never called the same, nor made a backup of. */
class BackupSyncTest {
    @TempDir
    private Path directory;

    private final ObjectStore first = new MemoryStore(Clock.systemUTC());
    private final ObjectStore second = new MemoryStore(Clock.systemUTC());
    private TwoRepositories both;

    @BeforeEach
    void start() throws IOException {
        both = new TwoRepositories(directory, first, second);
        StoredBackup.publish(first, directory);
        both.put(0, segment(1, 2));
        both.put(1, segment(1, 2));
    }

    private SyncReport copy(Comparing comparing, int from, int to) throws IOException {
        return new ArchiveSync(new SyncOptions(2, SyncMode.COPY, comparing), (objects, bytes) -> {})
                .copy(both.archive(from), both.archive(to));
    }

    private static byte[] bytes(ObjectStore store, ObjectKey key) throws IOException {
        try (var in = store.open(key, ByteRange.ALL)) {
            return in.readAllBytes();
        }
    }

    private static void damage(ObjectStore store, ObjectKey key) throws IOException {
        Random random = Rounds.random();
        byte[] bytes = bytes(store, key);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        store.delete(List.of(key));
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }

    /** An expiry takes what is there for the remains of a copy that was abandoned. */
    @Test
    void aCopyThatBeganSevenDaysAgoIsNotPublished() throws Exception {
        MovableClock clock = new MovableClock(Instant.parse("2026-11-01T00:00:00Z"));
        both = new TwoRepositories(directory, first, new MemoryStore(clock));
        both.put(1, segment(1, 2));
        both.stores[1].putIfAbsent(KEYS.intent(), ObjectSource.of(bytes(first, KEYS.intent())));
        clock.set(clock.instant().plus(Duration.ofDays(7)));

        SyncReport refused = copy(Comparing.DIGESTS, 0, 1);

        assertThat(refused.backups()).isEmpty();
        assertThat(refused.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Kind.INCOMPLETE);
            assertThat(problem.text()).contains("more than 6 days ago", "tidemark delete " + KEYS.id());
        });
        both.stores[1].delete(List.of(KEYS.intent()));
        assertThat(copy(Comparing.DIGESTS, 0, 1).backups())
                .containsExactly(KEYS.id().value());
    }

    /** Segment 2, which it needs, is still there when it is asked for. */
    @Test
    void aBackupWhoseWalAnExpiryRemovesMeanwhileIsNotPublished() throws Exception {
        both.stores[1] = new DelegatingStore(second) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                super.putIfAbsent(key, source);
                if (key.equals(KEYS.bundle(1))) {
                    noteRemoval(segment(1, 1), segment(1, 3));
                }
            }
        };

        SyncReport refused = copy(Comparing.DIGESTS, 0, 1);

        assertThat(refused.backups()).isEmpty();
        assertThat(refused.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.text()).contains("an expiry removed WAL that it needs"));
        SyncReport again = copy(Comparing.DIGESTS, 0, 1);
        assertThat(again.backups()).isEmpty();
        assertThat(again.problems()).isEmpty();
    }

    private void noteRemoval(Segment from, Segment to) {
        try {
            both.archive(1).wal().gaps().noteRemoval(new RemovedWal(from, to, Instant.now(), "db2"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aBackupIsCopiedAndThenFoundToBeTheSame() throws Exception {
        SyncReport copied = copy(Comparing.DIGESTS, 0, 1);

        assertThat(copied.problems()).isEmpty();
        assertThat(copied.backups()).containsExactly(KEYS.id().value());
        for (ObjectKey key : StoredBackup.OBJECTS) {
            assertThat(bytes(second, key)).isEqualTo(bytes(first, key));
        }
        SyncReport again = copy(Comparing.DIGESTS, 0, 1);
        assertThat(again.problems()).isEmpty();
        assertThat(again.objects()).isZero();
        assertThat(again.compared())
                .as("one segment, backup.json, and its objects")
                .isEqualTo(2 + StoredBackup.OBJECTS.size());
    }

    /** The target's copy is removed after both were listed. */
    @Test
    void aBackupThatAnExpiryRemovesMeanwhileIsNeitherDamagedNorCopiedBack() throws Exception {
        copy(Comparing.DIGESTS, 0, 1);
        BackupCatalog expired = both.archive(1).backups();
        both.stores[1] = new DelegatingStore(second) {
            @Override
            public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
                if (prefix.contains("/bundle/")) {
                    try {
                        Instant now = Instant.now();
                        expired.noteRemoval(new Tombstone(KEYS.id(), now, now, "db1", "test"));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    second.delete(List.of(KEYS.backup(), KEYS.bundle(1)));
                }
                return super.list(prefix, after, limit);
            }
        };

        SyncReport report = copy(Comparing.DIGESTS, 0, 1);

        assertThat(report.problems()).isEmpty();
        assertThat(report.objects()).isZero();
        assertThat(second.stat(KEYS.bundle(1))).isEmpty();
    }

    /** Each repository has a retention policy of its own; what a backup is called is true everywhere. */
    @Test
    void annotationsAreCopiedOnceAndKeepsStayInTheirRepository() throws Exception {
        BackupCatalog here = both.archive(0).backups();
        BackupCatalog there = both.archive(1).backups();
        Instant at = Instant.parse("2026-11-20T06:30:00Z");
        Annotated older = new Annotated(at, "before 5.0");
        Annotated latest = new Annotated(at.plusSeconds(1), "before 5.0.1");
        here.mark(KEYS.id(), new Kept(at, Target.FULL, Optional.empty(), Optional.empty(), Optional.empty()));
        here.mark(KEYS.id(), new Mark.Verified(at, 0, Mark.Scope.ALL));
        here.mark(KEYS.id(), older);
        there.mark(KEYS.id(), latest);

        copy(Comparing.NOTHING, 0, 1);
        copy(Comparing.NOTHING, 0, 1);
        here.mark(KEYS.id(), new Released(at, Optional.empty()));
        copy(Comparing.NOTHING, 1, 0);

        assertThat(there.marks().of(KEYS.id())).containsExactly(latest, older);
        assertThat(there.marks().annotation(KEYS.id())).contains(latest);
        assertThat(here.marks().annotation(KEYS.id())).contains(latest);
    }

    @Test
    void aDamagedCopyOfTheSameSizeIsReportedInWhicheverOfBothItIs() throws Exception {
        copy(Comparing.DIGESTS, 0, 1);
        for (ObjectKey key : StoredBackup.OBJECTS) {
            for (ObjectStore store : key.equals(KEYS.bundles()) ? List.of(second) : List.of(first, second)) {
                byte[] before = bytes(store, key);
                damage(store, key);

                SyncReport report = copy(Comparing.DIGESTS, 0, 1);

                assertThat(report.problems())
                        .extracting(SyncProblem::kind, SyncProblem::subject)
                        .containsExactly(org.assertj.core.groups.Tuple.tuple(Kind.DAMAGED, key.value()));
                assertThat(report.problems().getFirst().text()).contains(store.description());
                store.delete(List.of(key));
                store.putIfAbsent(key, ObjectSource.of(before));
            }
        }
    }

    @Test
    void whatVerifyFoundDamagedIsReadAndRepairedWhereSizesAloneAreCompared() throws Exception {
        copy(Comparing.DIGESTS, 0, 1);
        both.readsRepairs[1] = true;
        Instant at = Instant.parse("2026-11-20T06:30:00Z");
        for (ObjectKey key : StoredBackup.OBJECTS) {
            damage(second, key);
            at = at.plusSeconds(1);
            String damaged = key.value().substring(TwoRepositories.INCARNATION.length());
            both.archive(1)
                    .backups()
                    .mark(
                            KEYS.id(),
                            new Mark.Verified(
                                    at, 1, Mark.Scope.ALL, Optional.empty(), Optional.empty(), List.of(damaged)));

            SyncReport report = copy(Comparing.NOTHING, 0, 1);

            assertThat(report.problems()).as(key.value()).isEmpty();
            assertThat(report.repaired()).isEqualTo(1);
            assertThat(bytes(new RepairedStore(second), key)).isEqualTo(bytes(first, key));
        }
    }

    @Test
    void whatIsMissingOfABackupThatBothHaveIsCopied() throws Exception {
        copy(Comparing.DIGESTS, 0, 1);
        for (ObjectKey key : StoredBackup.OBJECTS) {
            second.delete(List.of(key));

            SyncReport report = copy(Comparing.NOTHING, 0, 1);

            assertThat(report.problems()).isEmpty();
            assertThat(report.objects()).as(key.value()).isEqualTo(1);
            assertThat(bytes(second, key)).isEqualTo(bytes(first, key));
        }
    }

    /** A copy that was cut off goes on with what is there; of that, only what is right may become a backup. */
    @Test
    void aDamagedRemainderOfACutOffCopyIsNotPublished() throws Exception {
        ObjectKey key = KEYS.bundle(2);
        second.putIfAbsent(key, ObjectSource.of(bytes(first, key)));
        damage(second, key);

        for (Comparing comparing : List.of(Comparing.DIGESTS, Comparing.BACK)) {
            SyncReport report = copy(comparing, 0, 1);

            assertThat(report.problems())
                    .extracting(SyncProblem::kind)
                    .containsExactlyInAnyOrder(Kind.DAMAGED, Kind.INCOMPLETE);
            assertThat(report.backups()).isEmpty();
            assertThat(second.stat(KEYS.backup())).isEmpty();
        }
    }

    /** A backup that failed late in one of its repositories, for example, and was published in another one. */
    @Test
    void manifestsThatAreNotThoseOfTheBackupAreNotPublished() throws Exception {
        for (ObjectKey key : List.of(KEYS.manifestPart(2), KEYS.postgresManifest(1), KEYS.bundles())) {
            if (second.stat(key).isEmpty()) {
                second.putIfAbsent(key, ObjectSource.of(bytes(first, key)));
            }
            damage(second, key);

            SyncReport report = copy(Comparing.NOTHING, 0, 1);

            assertThat(report.problems())
                    .extracting(SyncProblem::kind)
                    .containsExactlyInAnyOrder(Kind.DAMAGED, Kind.INCOMPLETE);
            assertThat(second.stat(KEYS.backup())).isEmpty();
            second.delete(List.of(key));
        }
    }

    /** Its WAL is looked at last, after hours perhaps. */
    @Test
    void whatIsDeletedWhileTheRestIsCopiedKeepsTheBackupFromBeingPublished() throws Exception {
        both.stores[1] = new DelegatingStore(second) {
            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                if (key.value().contains("/wal/")) {
                    second.delete(List.of(KEYS.bundle(1)));
                }
                return super.open(key, range);
            }
        };

        SyncReport report = copy(Comparing.NOTHING, 0, 1);

        assertThat(report.problems()).extracting(SyncProblem::kind).contains(Kind.INCOMPLETE);
        assertThat(report.backups()).isEmpty();
        assertThat(second.stat(KEYS.backup())).isEmpty();
        both.stores[1] = second;
        assertThat(copy(Comparing.BACK, 0, 1).backups())
                .containsExactly(KEYS.id().value());
    }

    /**
     * The rest of a copy that is never published would keep WAL from being deleted, and each sync would begin it again.
     */
    @Test
    void aBackupThatCannotBeCompletedIsNotBegun() throws Exception {
        ObjectKey wal = both.archive(0).wal().key(segment(1, 2));
        byte[] stored = bytes(first, wal);
        first.delete(List.of(wal));
        second.delete(List.of(wal));

        assertThat(copy(Comparing.DIGESTS, 0, 1).problems())
                .extracting(SyncProblem::text)
                .singleElement()
                .asString()
                .endsWith("not all of its WAL is there");
        assertThat(second.stat(KEYS.intent())).isEmpty();

        first.putIfAbsent(wal, ObjectSource.of(stored));
        first.delete(List.of(KEYS.bundle(1)));
        assertThat(copy(Comparing.DIGESTS, 0, 1).problems())
                .extracting(SyncProblem::kind)
                .containsExactlyInAnyOrder(Kind.DAMAGED, Kind.INCOMPLETE);
        assertThat(second.stat(KEYS.intent())).isEmpty();
        assertThat(second.stat(KEYS.bundle(2))).isEmpty();
    }

    @Test
    void anObjectThatIsMissingInTheSourceKeepsNothingElseFromBeingCopied() throws Exception {
        first.delete(List.of(KEYS.bundles()));
        both.put(0, segment(1, 3));

        SyncReport report = copy(Comparing.DIGESTS, 0, 1);

        assertThat(report.problems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem.kind()).isIn(Kind.DAMAGED, Kind.INCOMPLETE));
        assertThat(second.stat(KEYS.backup())).isEmpty();
    }

    @Test
    void aSegmentThatWasCutOffAfterItsHeaderIsNotTheSame() throws Exception {
        ObjectKey key = both.archive(1).wal().key(segment(1, 2));
        byte[] bytes = bytes(second, key);
        second.delete(List.of(key));
        second.putIfAbsent(key, ObjectSource.of(java.util.Arrays.copyOf(bytes, bytes.length - 1)));

        assertThat(copy(Comparing.DIGESTS, 0, 1).problems())
                .extracting(SyncProblem::kind, SyncProblem::subject)
                .contains(org.assertj.core.groups.Tuple.tuple(Kind.DAMAGED, key.value()));
    }

    /**
     * Whether it is encrypted cannot be read of what is damaged: that is damage of the one, and no refusal of the
     * other.
     */
    @Test
    void damageInTheSourceEndsNoCopyIntoAnEncryptedRepository() throws Exception {
        for (int number = 3; number <= 5; number++) {
            Recipients recipients = new Recipients(
                    List.of(AgeIdentity.generate(new SecureRandom()).recipient()));
            both.put(
                    0,
                    segment(1, number),
                    wal(segment(1, number), 7),
                    new Encoding(Codec.parse("zstd:1"), Optional.of(recipients)));
        }
        ObjectKey key = both.archive(0).wal().key(segment(1, 3));
        byte[] bytes = bytes(first, key);
        bytes[20] ^= 1;
        first.delete(List.of(key));
        first.putIfAbsent(key, ObjectSource.of(bytes));
        first.delete(List.of(KEYS.backup()));
        both.stores[1] = new EncryptedOnlyStore(second);

        SyncReport report = copy(Comparing.DIGESTS, 0, 1);

        assertThat(report.problems())
                .extracting(SyncProblem::kind, SyncProblem::subject)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(Kind.DAMAGED, key.value()));
        assertThat(report.objects()).isEqualTo(2);
    }
}
