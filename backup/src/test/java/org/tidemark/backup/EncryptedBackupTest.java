// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.verify.ObjectFinding.Severity;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.Rounds;

/** A backup that a host with public keys alone took, and what verifying it says to whom. */
class EncryptedBackupTest {
    private static final AgeIdentity OWNER = AgeIdentity.generate(new SecureRandom());
    private static final PrivateKeys KEYS = PrivateKeys.from("'owner'", () -> List.of(OWNER));
    private static final PrivateKeys WRONG =
            PrivateKeys.from("'other'", () -> List.of(AgeIdentity.generate(new SecureRandom())));
    private static final Encoding ENCODING =
            new Encoding(Codec.parse("zstd"), Optional.of(new Recipients(List.of(OWNER.recipient()))));

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private SyntheticCluster cluster;
    private BaseBackup backup;

    @BeforeEach
    void takeBackup() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), random);
        cluster.prepare(store, ENCODING);
        backup = cluster.backup(store, ENCODING);
    }

    @Test
    void nothingOfTheFilesIsInTheRepository() throws IOException {
        for (ObjectInfo object : objects()) {
            String content = new String(read(object.key()), StandardCharsets.ISO_8859_1);
            boolean clear = object.key().value().matches(".*(\\.json|\\.history|/bundles)");

            assertThat(content.contains("\nencryption age-v1\nrecipients "
                            + OWNER.recipient().fingerprint()))
                    .as(object.key().value())
                    .isEqualTo(!clear);
            assertThat(content).doesNotContain("base/1/large", "base/1/PG_VERSION");
        }
        assertThat(backup.objects().encryption().orElseThrow().recipients())
                .containsExactly(OWNER.recipient().fingerprint());
        assertThat(cluster.catalog(store).read(backup.id())).isEqualTo(backup);
    }

    @Test
    void listingNeedsNoKeyAndReadingDoes() throws IOException {
        BackupCatalog without = cluster.catalog(store);

        assertThat(without.list()).hasSize(1);
        assertThat(without.bundles(backup)).isNotEmpty();
        assertThatThrownBy(() -> without.manifest(backup).next()).isInstanceOf(UserFacingException.class);
        BackupCatalog with = new BackupCatalog(store, KEYS, SyntheticCluster.NAME, cluster.system);
        assertThat(with.manifest(backup).next()).isPresent();
        assertThat(with.bundle(backup, with.bundles(backup).firstEntry().getValue())
                        .read(0))
                .isNotEmpty();
    }

    @Test
    void withoutAKeyStoredBytesAreComparedAndTheReportSaysSo() throws IOException {
        VerifyReport report = verify(PrivateKeys.NONE, Extent.UNMARKED);

        assertThat(report.findings()).isEmpty();
        assertThat(report.sound()).containsExactly(backup.id());
        assertThat(report.sealed()).isPositive();
        assertThat(marks()).containsExactly(new Mark.Verified(SyntheticCluster.CLOCK.instant(), 0, Scope.STORED));
        // What was read is not read again; somebody with the key does read it.
        assertThat(verify(PrivateKeys.NONE, Extent.UNMARKED).sealed()).isZero();
        VerifyReport opened = verify(KEYS, Extent.UNMARKED);
        assertThat(opened.sealed()).isZero();
        assertThat(opened.bytesRead()).isPositive();
        assertThat(marks()).last().isEqualTo(new Mark.Verified(SyntheticCluster.CLOCK.instant(), 0, Scope.ALL));
    }

    @Test
    void withTheKeyEverythingIsCompared() throws IOException {
        VerifyReport report = verify(KEYS, Extent.EVERYTHING);

        assertThat(report.findings()).isEmpty();
        assertThat(report.sealed()).isZero();
        assertThat(marks()).containsExactly(new Mark.Verified(SyntheticCluster.CLOCK.instant(), 0, Scope.ALL));
    }

    @Test
    void aWrongKeyIsAProblemOfEveryObjectAndNoDamage() throws IOException {
        VerifyReport report = verify(WRONG, Extent.EVERYTHING);

        assertThat(report.isSound()).isFalse();
        assertThat(report.findings())
                .isNotEmpty()
                .allMatch(finding -> finding.text().contains("none of the private keys opens"));
        assertThat(report.sound()).isEmpty();
        assertThat(marks()).isEmpty();
    }

    @Test
    void oneFlippedBitAnywhereIsAProblemWithAndWithoutTheKey() throws IOException {
        BaseBackup cutOff = cluster.backup(store, ENCODING);
        store.delete(List.of(cutOff.keys().backup()));
        List<ObjectInfo> objects = objects();

        for (int round = 0; round < Rounds.of(30, 3_000); round++) {
            ObjectInfo object = objects.get(round % objects.size());
            int bit = (int) random.nextLong(object.sizeBytes() * 8);
            byte[] before = read(object.key());
            byte[] flipped = before.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            replace(object.key(), flipped);
            String what = "bit " + bit + " of " + object.key();

            assertThat(verify(KEYS, Extent.EVERYTHING).findings())
                    .as(what)
                    .anyMatch(finding -> finding.severity() == Severity.PROBLEM);
            // Of a backup that was cut off nobody noted the digest of a bundle.
            if (!object.key().value().contains(cutOff.id() + "/bundle/")) {
                assertThat(verify(PrivateKeys.NONE, Extent.EVERYTHING).findings())
                        .as(what)
                        .anyMatch(finding -> finding.severity() == Severity.PROBLEM);
            }
            replace(object.key(), before);
        }
    }

    @Test
    void whatCannotBeComparedWithAnythingIsNoted() throws IOException {
        BaseBackup cutOff = cluster.backup(store, ENCODING);
        store.delete(List.of(cutOff.keys().backup()));

        assertThat(verify(PrivateKeys.NONE, Extent.EVERYTHING).findings())
                .anyMatch(finding -> finding.key().equals(cutOff.keys().bundle(1))
                        && finding.severity() == Severity.NOTE
                        && finding.text().contains("nothing to compare it with"));
    }

    @Test
    void keysThatCannotBeHadEndTheVerification() {
        PrivateKeys gone = PrivateKeys.from("'gone'", () -> {
            throw new UserFacingException(ExitCode.USAGE, "there is no file 'gone'", "Is it mounted?");
        });

        assertThatThrownBy(() -> verify(gone, Extent.EVERYTHING))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    private VerifyReport verify(PrivateKeys keys, Extent extent) throws IOException {
        Verifier verifier = new Verifier(
                store,
                keys,
                new Verifier.Options(extent, Scope.ALL, 2),
                SyntheticCluster.CLOCK,
                (objects, bytes) -> {});
        return extent.equals(Extent.EVERYTHING)
                ? verifier.verifyRepository()
                : verifier.verify(SyntheticCluster.NAME, cluster.system, Optional.empty());
    }

    private List<Mark> marks() throws IOException {
        return cluster.catalog(store).marks(backup.id()).of(backup.id());
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

    private void replace(ObjectKey key, byte[] bytes) throws IOException {
        store.delete(List.of(key));
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }
}
