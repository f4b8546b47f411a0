// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;

class BudgetedVerificationTest {
    /** Every run reads one object: the first one uses it up. */
    private static final Extent ONE_OBJECT = new Extent.Budget(1);

    private static final Extent ENOUGH = new Extent.Budget(1L << 40);

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final Set<ObjectKey> opened = new ConcurrentSkipListSet<>();
    private Duration later = Duration.ZERO;
    private SampleRepository repository;
    private BaseBackup first;
    private BaseBackup second;

    @BeforeEach
    void takeBackups() throws IOException {
        repository = new SampleRepository(store, Files.createDirectory(directory.resolve("work")), random);
        first = repository.publish();
        second = repository.publish("lz4");
    }

    @Test
    void runsWithSmallBudgetsReadEverythingInTheEnd() throws IOException {
        int runs = 0;
        Set<ObjectKey> read = new ConcurrentSkipListSet<>();
        while (!isRead(first) || !isRead(second) || !walIsRead()) {
            VerifyReport report = verify(ONE_OBJECT);
            read.addAll(opened);
            runs++;

            assertThat(report.isSound()).isTrue();
            assertThat(report.objectsRead() - documents()).isLessThanOrEqualTo(1);
            assertThat(runs).as("runs").isLessThan(40);
        }
        // A backup's objects, and the segments and the history that it needs; then the WAL.
        assertThat(read).containsAll(objectsToRead());
        verify(ONE_OBJECT);
        assertThat(opened).as("all of it was read less than a week ago").doesNotContainAnyElementsOf(objectsToRead());
        assertThat(marks().of(first.id())).hasSizeLessThanOrEqualTo(runs);
    }

    @Test
    void whatWasNotReadForTheLongestTimeIsReadFirst() throws IOException {
        while (!isRead(first)) {
            verify(ONE_OBJECT);
        }
        later = Duration.ofDays(10);
        verify(ENOUGH);
        later = Duration.ofDays(18);
        BaseBackup third = repository.publish();

        verify(ONE_OBJECT);
        assertThat(opened)
                .as("one that was never read is the first")
                .contains(third.keys().postgresManifest(1));
        while (!isRead(third)) {
            verify(ONE_OBJECT);
        }
        verify(ONE_OBJECT);

        assertThat(opened)
                .contains(first.keys().postgresManifest(1))
                .doesNotContain(second.keys().postgresManifest(1));
    }

    @Test
    void damageIsFoundByTheRunThatReadsItAndKeptInMind() throws IOException {
        ObjectKey bundle = second.keys().bundle(1);
        byte[] before = read(bundle);
        flip(bundle);

        int runs = 0;
        while (verify(ONE_OBJECT).isSound()) {
            assertThat(++runs).isLessThan(40);
        }
        assertThat(marks().damage(second.id())).hasValueSatisfying(mark -> {
            assertThat(mark.problems()).isEqualTo(1);
            assertThat(mark.damaged()).containsExactly("backup/" + second.id() + "/bundle/00000001");
        });
        int marksSet = marks().of(second.id()).size();
        VerifyReport again = verify(ONE_OBJECT);
        assertThat(again.findings()).anyMatch(each -> each.key().equals(bundle));
        assertThat(marks().of(second.id())).as("nothing is new").hasSize(marksSet);

        replace(bundle, before);
        assertThat(verify(ONE_OBJECT).isSound()).isTrue();
        assertThat(opened).as("it is read first").contains(bundle);
        assertThat(marks().damage(second.id())).isEmpty();
    }

    @Test
    void damagedObjectsThatTheBudgetDoesNotReachAreStillProblems() throws IOException {
        flip(first.keys().bundle(1));
        flip(second.keys().bundle(1));
        verify(ENOUGH);

        VerifyReport again = verify(ONE_OBJECT);

        assertThat(again.problems()).isEqualTo(2);
        assertThat(again.findings()).anyMatch(each -> each.text().contains("the budget is used up"));
        assertThat(again.sound()).isEmpty();
        assertThat(marks().damage(first.id())).isPresent();
        assertThat(marks().damage(second.id())).isPresent();
    }

    @Test
    void whatIsMissingIsFoundWhateverTheBudget() throws IOException {
        store.delete(List.of(first.keys().bundle(1)));

        VerifyReport report = verify(ONE_OBJECT);

        assertThat(report.findings())
                .filteredOn(each -> each.severity() == Severity.PROBLEM)
                .singleElement()
                .satisfies(each -> assertThat(each.key()).isEqualTo(first.keys().bundle(1)));
        assertThat(marks().damage(first.id())).isPresent();
    }

    @Test
    void damagedWalThatNoBackupNeedsIsFoundAndNamed() throws IOException {
        ObjectKey history = new ObjectKey("main/" + SampleRepository.SYSTEM + "/history/00000002.history");
        ObjectKey other = new ObjectKey("main/" + SampleRepository.SYSTEM + "/history/00000007.history");
        store.putIfAbsent(other, ObjectSource.of(read(history)));

        verify(ENOUGH);

        assertThat(marks().walDamage())
                .hasValueSatisfying(mark -> assertThat(mark.damaged()).containsExactly("history/00000007.history"));
        store.delete(List.of(other));
        assertThat(verify(ENOUGH).isSound()).isTrue();
        assertThat(marks().walDamage()).isEmpty();
    }

    @Test
    void ofWalAloneOnlyWhatIsNewIsReadAndNoBackupIsVouchedFor() throws IOException {
        later = Duration.between(SampleRepository.CLOCK.instant(), Instant.now());
        ObjectKey segment = objectsToRead().stream()
                .filter(key -> key.value().contains("/wal/"))
                .findFirst()
                .orElseThrow();
        byte[] before = read(segment);
        flip(segment);

        assertThat(verifyWal(Extent.UNMARKED).findings())
                .singleElement()
                .satisfies(each -> assertThat(each.backups()).containsExactlyInAnyOrder(first.id(), second.id()));
        assertThat(opened).doesNotContain(first.keys().bundle(1));
        assertThat(marks().damage(first.id())).isPresent();
        replace(segment, before);
        assertThat(verifyWal(Extent.UNMARKED).isSound()).isTrue();
        assertThat(isRead(first)).isFalse();
        assertThat(marks().damage(first.id()))
                .as("verify has to read all of it")
                .isPresent();

        later = later.plusDays(2);
        verifyWal(Extent.UNMARKED);
        int known = marks().ofWal().size();
        verifyWal(Extent.UNMARKED);
        assertThat(opened).doesNotContain(segment);
        assertThat(marks().ofWal()).hasSize(known);
        verifyWal(Extent.EVERYTHING);
        assertThat(opened).contains(segment).doesNotContain(first.keys().bundle(1));
    }

    private VerifyReport verifyWal(Extent extent) throws IOException {
        return verify(new Verifier.Options(
                Verifier.Options.Subject.WAL, extent, Scope.ALL, 2, Verifier.Options.OtherWal.NONE));
    }

    @Test
    void aSampleFindsDamageAndVouchesForNothing() throws IOException {
        flip(first.keys().bundle(1));
        Extent.Sample all = new Extent.Sample(100, 7);

        VerifyReport report = verify(all);

        assertThat(report.isSound()).isFalse();
        assertThat(marks().damage(first.id())).isPresent();
        assertThat(marks().of(second.id())).isEmpty();
        VerifyReport half = verify(new Extent.Sample(50, 7));
        assertThat(half.objectsRead()).isLessThan(report.objectsRead());
        Set<ObjectKey> chosen = Set.copyOf(opened);
        verify(new Extent.Sample(50, 7));
        assertThat(opened).isEqualTo(chosen);
        assertThat(marks().damage(first.id()))
                .as("not found repaired by what was not read")
                .isPresent();
    }

    @Test
    void noFaultMakesAMarkALie() {
        FaultLoop.Tried tried = FaultLoop.run(
                () -> new MemoryStore(Clock.systemUTC()),
                new FaultLoop.Scenario() {
                    @Override
                    public void prepare(ObjectStore healthy) throws Exception {
                        SampleRepository sample = new SampleRepository(
                                healthy, Files.createTempDirectory(directory, "work"), new Random(1));
                        damaged = sample.publish();
                        sample.publish();
                        flip(healthy, damaged.keys().postgresManifest(1));
                    }

                    @Override
                    public void run(ObjectStore faulty) throws Exception {
                        VerifyReport report = new Verifier(
                                        faulty,
                                        PrivateKeys.NONE,
                                        new Verifier.Options(new Extent.Budget(3_000_000), Scope.ALL, 1),
                                        SampleRepository.CLOCK,
                                        (objects, bytes) -> {})
                                .verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.empty());
                        if (report.unmarked().isPresent()) {
                            throw new IOException(report.unmarked().get()); // said, so it is no success
                        }
                    }

                    @Override
                    public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                        BackupMarks marks = new BackupCatalog(
                                        healthy, PrivateKeys.NONE, SampleRepository.NAME, SampleRepository.SYSTEM)
                                .marks();
                        assertThat(marks.unreadable()).isEmpty();
                        // A mark that goes past the damaged object, or calls the backup whole, names the damage.
                        for (Mark mark : marks.of(damaged.id())) {
                            assertThat(((Mark.Verified) mark).problems())
                                    .as(mark.toString())
                                    .isEqualTo(1);
                        }
                        if (failure.isEmpty()) {
                            assertThat(marks.damage(damaged.id())).isPresent();
                        }
                    }

                    private BaseBackup damaged = first;
                },
                Rounds.of(17, 1));

        assertThat(tried.faults()).isPositive();
    }

    private boolean isRead(BaseBackup backup) throws IOException {
        return marks().verified(backup.id()).isPresent();
    }

    private boolean walIsRead() throws IOException {
        return marks().ofWal().stream().anyMatch(mark -> mark instanceof Mark.Verified read && read.isWhole());
    }

    private BackupMarks marks() throws IOException {
        return repository.catalog().marks();
    }

    /** Lists of bundles and intents, which each run reads. */
    private long documents() throws IOException {
        return 2L * repository.catalog().list().size();
    }

    private List<ObjectKey> objectsToRead() throws IOException {
        List<ObjectKey> keys = new ArrayList<>();
        Listing.visit(store, "", object -> {
            String key = object.key().value();
            if (key.contains("/backup/") || key.contains("/wal/") || key.contains("/history/")) {
                keys.add(object.key());
            }
        });
        keys.removeIf(key -> key.value().contains("/mark/"));
        return keys;
    }

    private VerifyReport verify(Extent extent) throws IOException {
        return verify(new Verifier.Options(extent, Scope.ALL, 2));
    }

    private VerifyReport verify(Verifier.Options options) throws IOException {
        opened.clear();
        DelegatingStore seen = new DelegatingStore(store) {
            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                opened.add(key);
                return super.open(key, range);
            }
        };
        return new Verifier(
                        seen,
                        PrivateKeys.NONE,
                        options,
                        Clock.offset(SampleRepository.CLOCK, later),
                        (objects, bytes) -> {})
                .verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.<BackupId>empty());
    }

    private byte[] read(ObjectKey key) throws IOException {
        return read(store, key);
    }

    private static byte[] read(ObjectStore from, ObjectKey key) throws IOException {
        try (InputStream in = from.open(key, ByteRange.ALL)) {
            return in.readAllBytes();
        }
    }

    private void flip(ObjectKey key) throws IOException {
        flip(store, key);
    }

    private static void flip(ObjectStore in, ObjectKey key) throws IOException {
        byte[] content = read(in, key);
        content[content.length / 2] ^= 1;
        in.delete(List.of(key));
        in.putIfAbsent(key, ObjectSource.of(content));
    }

    private void replace(ObjectKey key, byte[] content) throws IOException {
        store.delete(List.of(key));
        store.putIfAbsent(key, ObjectSource.of(content));
    }
}
