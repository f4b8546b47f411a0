// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryGuide;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.Rounds;

class VerifierTest {
    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private SampleRepository repository;
    private BaseBackup backup;

    @BeforeEach
    void takeBackup() throws IOException {
        repository = new SampleRepository(store, Files.createDirectory(directory.resolve("work")), random);
        backup = repository.publish();
    }

    @Test
    void aSoundRepositoryIsSoundAndGetsItsMark() throws IOException {
        VerifyReport report = everything();

        assertThat(report.findings()).isEmpty();
        assertThat(report.sound()).containsExactly(backup.id());
        assertThat(report.bytesRead()).isPositive();
        assertThat(repository.catalog().marks(backup.id()).of(backup.id()))
                .containsExactly(new Mark.Verified(SampleRepository.CLOCK.instant(), 0, Scope.ALL));
    }

    @Test
    void whatAMarkCoversIsLookedUpAndNotReadAgain() throws IOException {
        verify(Extent.UNMARKED, Scope.ALL);
        flip(backup.keys().bundle(1), 5000);

        VerifyReport again = verify(Extent.UNMARKED, Scope.ALL);
        store.delete(List.of(backup.keys().manifestPart(1)));
        VerifyReport missing = verify(Extent.UNMARKED, Scope.ALL);

        assertThat(again.isSound()).isTrue();
        assertThat(missing.findings())
                .singleElement()
                .isEqualTo(new ObjectFinding(
                        Severity.PROBLEM, backup.keys().manifestPart(1), List.of(backup.id()), "is missing"));
        assertThat(missing.sound()).isEmpty();
        assertThat(everything().problems()).isEqualTo(2);
    }

    @Test
    void whatAnExpiryRemovesMeanwhileIsNotMissing() throws IOException {
        WalFile.Segment walFirst = backup.walFirst();
        ObjectStore expiring = new DelegatingStore(store) {
            private boolean done;

            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                if (!done && key.equals(backup.keys().manifestPart(1))) {
                    done = true;
                    expire(walFirst);
                }
                return super.open(key, range);
            }
        };

        VerifyReport report = new Verifier(
                        expiring,
                        PrivateKeys.NONE,
                        new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 1),
                        SampleRepository.CLOCK,
                        (objects, bytes) -> {})
                .verifyRepository();

        assertThat(report.findings())
                .filteredOn(each -> each.severity() == Severity.PROBLEM)
                .isEmpty();
        assertThat(report.sound()).isEmpty();
        assertThat(repository.catalog().marks().byOwner()).isEmpty();
    }

    private void expire(WalFile.Segment segment) {
        try {
            Instant now = SampleRepository.CLOCK.instant();
            repository.catalog().noteRemoval(new Tombstone(backup.id(), now, now, "db1", "a test"));
            repository.catalog().unpublish(backup.id());
            Repository.open(store, Optional.empty())
                    .incarnation(SampleRepository.NAME, SampleRepository.SYSTEM)
                    .orElseThrow()
                    .wal()
                    .gaps()
                    .noteRemoval(new RemovedWal(segment, backup.walLast(), now, "db1"));
            for (ObjectInfo object : objects()) {
                String key = object.key().value();
                if (key.contains("/backup/") || key.contains("/wal/") || key.contains("/catalog/")) {
                    store.delete(List.of(object.key()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void oneFlippedBitAnywhereIsAProblem() throws IOException {
        // Marks, another backup's remains, and a partial segment are objects as well.
        verify(Extent.UNMARKED, Scope.ALL);
        repository.publish("lz4");
        BaseBackup cutOff = repository.publish("none");
        store.delete(List.of(cutOff.keys().backup()));
        List<ObjectInfo> objects = objects();
        assertThat(objects).hasSizeGreaterThan(20);

        for (int round = 0; round < Rounds.of(150, 3_000); round++) {
            ObjectInfo object = objects.get(round % objects.size());
            int bit = (int) random.nextLong(object.sizeBytes() * 8);
            byte[] before = read(object.key());
            flip(object.key(), bit / 8, bit % 8);

            VerifyReport report = everything();

            assertThat(report.findings())
                    .as("bit " + bit + " of " + object.key())
                    .anyMatch(finding -> finding.severity() == Severity.PROBLEM);
            replace(object.key(), before);
        }
    }

    @ParameterizedTest
    @EnumSource(Scope.class)
    void everyObjectOfABackupThatIsDamagedIsFoundWithoutAnyMark(Scope scope) throws IOException {
        BackupKeys keys = backup.keys();
        for (ObjectKey key : List.of(
                keys.bundle(1),
                keys.bundles(),
                keys.manifestPart(1),
                keys.postgresManifest(1),
                keys.backup(),
                segment(backup))) {
            byte[] before = read(key);
            flip(key, before.length / 2);

            VerifyReport report = verify(Extent.UNMARKED, scope);

            assertThat(report.findings())
                    .as(key.value())
                    .anyMatch(finding -> finding.key().equals(key));
            assertThat(report.sound()).isEmpty();
            replace(key, before);
        }
        assertThat(repository.catalog().marks(backup.id()).of(backup.id()))
                .isNotEmpty()
                .allMatch(mark -> mark instanceof Mark.Verified verified && verified.problems() > 0);
        assertThat(verify(Extent.UNMARKED, scope).isSound()).isTrue();
        assertThat(repository.catalog().marks().damage(backup.id())).isEmpty();
    }

    @Test
    void damageStaysKnownUntilItIsFoundRepaired() throws IOException {
        verify(Extent.UNMARKED, Scope.ALL);
        ObjectKey bundle = backup.keys().bundle(1);
        byte[] before = read(bundle);
        flip(bundle, 5000);

        everything();
        everything();
        assertThat(repository.catalog().marks().damage(backup.id()))
                .contains(new Mark.Verified(
                        SampleRepository.CLOCK.instant(),
                        1,
                        Scope.ALL,
                        Optional.empty(),
                        Optional.empty(),
                        List.of("backup/" + backup.id() + "/bundle/00000001")));
        assertThat(repository.catalog().marks(backup.id()).of(backup.id()))
                .as("the same damage is noted once")
                .hasSize(2);

        assertThat(verify(Extent.UNMARKED, Scope.ALL).sound())
                .as("a mark from before the damage is no reason not to read it")
                .isEmpty();
        replace(bundle, before);
        assertThat(verify(Extent.UNMARKED, Scope.ALL).sound()).containsExactly(backup.id());
        assertThat(repository.catalog().marks().damage(backup.id())).isEmpty();
    }

    @Test
    void damageOfWalThatNoBackupNeedsIsNotedAsWell() throws IOException {
        ObjectKey history = new ObjectKey("main/" + SampleRepository.SYSTEM + "/history/00000002.history");
        ObjectKey other = new ObjectKey("main/" + SampleRepository.SYSTEM + "/history/00000007.history");
        store.putIfAbsent(other, ObjectSource.of(read(history)));

        everything();
        assertThat(repository.catalog().marks().walDamage()).isPresent();
        assertThat(repository.catalog().marks().damage(backup.id())).isEmpty();
        assertThat(everything().notes())
                .as("its mark is an object of the repository")
                .isZero();

        store.delete(List.of(other));
        assertThat(everything().isSound()).isTrue();
        assertThat(repository.catalog().marks().walDamage()).isEmpty();
    }

    @Test
    void walThatABackupNeedsAndIsNotThereIsAProblem() throws IOException {
        store.delete(List.of(segment(backup)));

        VerifyReport report = cluster(Optional.of(backup.id()));

        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.text()).contains(backup.walLast().name());
            assertThat(finding.backups()).containsExactly(backup.id());
        });
    }

    @Test
    void aHistoryThatABackupNeedsAndIsNotThereIsAProblem() throws IOException {
        store.delete(List.of(new ObjectKey("main/" + SampleRepository.SYSTEM + "/history/00000002.history")));

        assertThat(cluster(Optional.of(backup.id())).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("history of timeline 2"));
    }

    @Test
    void theRemainsOfABackupThatWasCutOffAreNoProblem() throws IOException {
        store.delete(List.of(backup.keys().backup()));

        VerifyReport report = everything();

        assertThat(report.problems()).isZero();
        assertThat(report.findings()).isNotEmpty().allMatch(finding -> finding.severity() == Severity.NOTE);
    }

    @Test
    void whatDoesNotBelongThereIsNoted() throws IOException {
        store.putIfAbsent(new ObjectKey("main/" + SampleRepository.SYSTEM + "/lost"), ObjectSource.of(new byte[1]));
        store.putIfAbsent(new ObjectKey("lost-found"), ObjectSource.of(new byte[1]));

        assertThat(everything().findings())
                .extracting(finding -> finding.key().name())
                .containsExactlyInAnyOrder("lost", "lost-found");
    }

    @Test
    void aRescueScriptThatSomebodyReplacedIsAProblem() throws IOException {
        RepositoryGuide.store(store);
        assertThat(everything().findings()).isEmpty();

        replace(new ObjectKey("rescue-1.sh"), "rm -rf /".getBytes(StandardCharsets.UTF_8));

        assertThat(everything().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.PROBLEM);
            assertThat(finding.text()).contains("do not run it");
        });
    }

    @Test
    void aRescueScriptOfAnotherNumberIsAProblem() throws IOException {
        store.putIfAbsent(new ObjectKey("rescue-99.sh"), ObjectSource.of(new byte[1]));

        assertThat(everything().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.PROBLEM);
            assertThat(finding.text()).contains("do not run it");
        });
    }

    @Test
    void anIdThatSomebodyElseClaimedIsAProblem() throws IOException {
        ObjectKey key = backup.keys().intent();
        replace(
                key,
                new Intent(backup.id(), "other", "db2", SampleRepository.CLOCK.instant(), Optional.empty(), List.of())
                        .encode());

        assertThat(everything().findings()).anyMatch(finding -> finding.key().equals(key));
    }

    @Test
    void anUnknownBackupIsRefused() {
        assertThatThrownBy(() -> cluster(Optional.of(new BackupId("20200101T000000Z"))))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_BACKUP));
    }

    private VerifyReport everything() throws IOException {
        return verifier(Extent.EVERYTHING, Scope.ALL).verifyRepository();
    }

    private VerifyReport verify(Extent extent, Scope scope) throws IOException {
        return verifier(extent, scope).verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.empty());
    }

    private VerifyReport cluster(Optional<BackupId> id) throws IOException {
        return verifier(Extent.UNMARKED, Scope.ALL).verify(SampleRepository.NAME, SampleRepository.SYSTEM, id);
    }

    private Verifier verifier(Extent extent, Scope scope) {
        return new Verifier(
                store,
                PrivateKeys.NONE,
                new Verifier.Options(extent, scope, 2),
                SampleRepository.CLOCK,
                (objects, bytes) -> {});
    }

    private ObjectKey segment(BaseBackup of) {
        String name = of.walLast().name();
        return new ObjectKey("main/" + SampleRepository.SYSTEM + "/wal/" + name.substring(0, 8) + "/"
                + name.substring(8, 16) + "/" + name);
    }

    private List<ObjectInfo> objects() throws IOException {
        List<ObjectInfo> objects = new ArrayList<>();
        Listing.visit(store, "", objects::add);
        return objects;
    }

    private byte[] read(ObjectKey key) throws IOException {
        try (InputStream in = store.open(key, ByteRange.ALL)) {
            return in.readAllBytes();
        }
    }

    private void flip(ObjectKey key, int at) throws IOException {
        flip(key, at, 0);
    }

    private void flip(ObjectKey key, int at, int bit) throws IOException {
        byte[] bytes = read(key);
        bytes[at] ^= (byte) (1 << bit);
        replace(key, bytes);
    }

    private void replace(ObjectKey key, byte[] bytes) throws IOException {
        store.delete(List.of(key));
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }
}
