// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.KeyPair;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.ReferringBackups;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** Backups that refer to frames of older ones, page by page, and what may be wrong with the references. */
class VerifyReferringBackupsTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final int PAGE = 8192;
    private static final String CHANGED = "base/5/changed";
    private static final String SAME = "base/5/same-0";

    @TempDir
    private Path work;

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());

    /** Always the same one: the forgeries below name what it gives. */
    private final Random random = new Random(1);

    private ReferringBackups backups;
    private PrivateKeys privateKeys = PrivateKeys.NONE;

    @BeforeEach
    void begin() throws IOException {
        backups = new ReferringBackups(store, work, random, PAGE);
        backups.files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.US_ASCII));
        backups.files.put(CHANGED, noise(40 * PAGE));
        backups.files.put(SAME, noise(20 * PAGE));
    }

    private byte[] noise(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private void change(int... pages) {
        byte[] content = Objects.requireNonNull(backups.files.get(CHANGED)).clone();
        for (int page : pages) {
            content[page * PAGE] ^= 1;
        }
        backups.files.put(CHANGED, content);
    }

    /** The second of two backups. */
    private BaseBackup child() throws IOException {
        backups.full(BEGIN);
        change(3, 7, 8, 21, 33, 39);
        return backups.backup(BEGIN.plusSeconds(86_400));
    }

    private BaseBackup forged(String path, UnaryOperator<String> forge) throws IOException {
        backups.full(BEGIN);
        change(3, 7, 8, 21, 33, 39);
        boolean[] forged = {false};
        backups.forgeManifest(line -> {
            if (!line.contains('"' + path + '"')) {
                return line;
            }
            String other = forge.apply(line);
            forged[0] = !other.equals(line);
            return other;
        });
        BaseBackup child = backups.backup(BEGIN.plusSeconds(86_400));
        assertThat(forged[0]).as("the line was changed").isTrue();
        return child;
    }

    private VerifyReport verify(Optional<BaseBackup> only) throws IOException {
        Verifier.Options options = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        return new Verifier(store, privateKeys, options, Clock.systemUTC(), (objects, bytes) -> {})
                .verify(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM, only.map(BaseBackup::id));
    }

    private void assertProblem(BaseBackup child, String words) throws IOException {
        VerifyReport report = verify(Optional.of(child));

        assertThat(report.sound()).isEmpty();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(ObjectFinding.Severity.PROBLEM);
            assertThat(finding.backups()).containsExactly(child.id());
            assertThat(finding.text()).contains(words);
        });
    }

    private BackupCatalog catalog() {
        return new BackupCatalog(store, privateKeys, ReferringBackups.CLUSTER, ReferringBackups.SYSTEM);
    }

    private ObjectKey bundleOfParent(BaseBackup child) throws IOException {
        BundleRef bundle = catalog().bundles(child).values().stream()
                .filter(each -> !each.id().equals(child.id()))
                .findFirst()
                .orElseThrow();
        return catalog().keys(bundle.id()).bundle(bundle.number());
    }

    @Test
    void severalGenerationsAreSoundAndShareBundlesAndManifestParts() throws IOException {
        BaseBackup last = backups.full(BEGIN);
        for (int day = 1; day <= 4; day++) {
            change(3 + day, 30, 31 + day);
            last = backups.backup(BEGIN.plusSeconds(86_400L * day));
        }

        VerifyReport report = verify(Optional.empty());

        assertThat(report.findings()).isEmpty();
        assertThat(report.sound()).hasSize(5);
        assertThat(bundleOfParent(last).value()).isNotEmpty();
        assertThat(last.objects().manifestParts())
                .anyMatch(part -> part.shared().isPresent());
        assertThat(verify(Optional.of(last)).findings()).isEmpty();
    }

    @Test
    void aBackupIsSoundWhoseParentWasRemoved() throws IOException {
        BaseBackup child = child();
        removeParent();

        assertThat(verify(Optional.of(child)).sound()).containsExactly(child.id());
    }

    private void removeParent() throws IOException {
        BackupCatalog catalog = catalog();
        var parent = catalog.list().getFirst().id();
        catalog.noteRemoval(new Tombstone(parent, BEGIN, BEGIN, "db1", "REDUNDANCY 1"));
        catalog.unpublish(parent);
    }

    @Test
    void aPageThatTwoPiecesHaveIsAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replaceFirst(",\"except\":\"[^\"]*\"", "")), "two pieces of '" + CHANGED);
    }

    @Test
    void aPageThatIsListedTwiceIsAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replaceFirst("\"pages\":\"([0-9]+),[0-9]+", "\"pages\":\"$1,$1")),
                "does not begin a new run");
    }

    @Test
    void pagesAfterTheEndOfTheFileAreAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replace("\"size\":" + 40 * PAGE, "\"size\":" + 39 * PAGE)),
                "end at byte " + 40 * PAGE + ", the file at byte " + 39 * PAGE);
    }

    @Test
    void anExceptedPageThatNoOtherPieceHasIsAProblem() throws IOException {
        assertProblem(
                forged(
                        SAME,
                        line -> line.replaceFirst(",\"crc32c\":\"[0-9a-f]*\"", "")
                                .replaceFirst("(\"at\":0,\"size\":[0-9]+)", "$1,\"except\":\"0\"")),
                "leave a gap at byte 0");
    }

    @Test
    void anExceptedPageThatThePieceDoesNotHaveIsAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replaceFirst("\"except\":\"[^\"]*\"", "\"except\":\"1000\"")),
                "has not all of the pages 1000");
    }

    @Test
    void aListThatIsCutOffIsAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replaceFirst("\"pages\":\"([^\"]*)\"", "\"pages\":\"$1,\"")),
                "not a list of pages");
    }

    @Test
    void aListOfFewerPagesThanThePieceHasIsAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replaceFirst("\"pages\":\"[0-9]+,([^\"]*)\"", "\"pages\":\"$1\"")),
                "pages");
    }

    @Test
    void aChecksumOfAFileThatIsPutTogetherIsAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, line -> line.replaceFirst(",\"pieces\"", ",\"crc32c\":\"00000000\",\"pieces\"")),
                "is put together from pages, and has a checksum");
    }

    /** Each page has its checksum, and each is written once: only the index of the bundle tells. */
    @Test
    void pagesInEachOthersPlacesAreAProblem() throws IOException {
        assertProblem(
                forged(CHANGED, VerifyReferringBackupsTest::exchangeTwoLists), "are others of the file than the index");
    }

    /** The lists of two pieces that have as many pages. */
    private static String exchangeTwoLists(String line) {
        List<MatchResult> lists = Pattern.compile("\"pages\":\"[^\"]*\",\"size\":[0-9]+")
                .matcher(line)
                .results()
                .toList();
        for (MatchResult one : lists) {
            for (MatchResult other : lists) {
                if (one.start() < other.start() && size(one).equals(size(other))) {
                    return line.substring(0, one.start())
                            + other.group()
                            + line.substring(one.end(), other.start())
                            + one.group()
                            + line.substring(other.end());
                }
            }
        }
        return line;
    }

    private static String size(MatchResult list) {
        return list.group().replaceFirst(".*:", "");
    }

    @Test
    void aMissingBundleOfTheParentIsAProblemOfBoth() throws IOException {
        BaseBackup child = child();
        ObjectKey bundle = bundleOfParent(child);
        store.delete(List.of(bundle));

        VerifyReport report = verify(Optional.empty());

        assertThat(report.sound()).isEmpty();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.key()).isEqualTo(bundle);
            assertThat(finding.text()).isEqualTo("is missing");
            assertThat(finding.backups()).hasSize(2).contains(child.id());
        });
    }

    @Test
    void aMissingManifestPartOfTheParentIsAProblemOfBoth() throws IOException {
        BaseBackup child = child();
        ObjectName.ManifestPart shared = child.manifestParts().stream()
                .filter(part -> !part.keys().equals(child.keys()))
                .findFirst()
                .orElseThrow();
        store.delete(List.of(shared.key()));

        VerifyReport report = verify(Optional.empty());

        assertThat(report.sound()).isEmpty();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.key()).isEqualTo(shared.key());
            assertThat(finding.backups()).hasSize(2).contains(child.id());
        });
    }

    @Test
    void aDamagedManifestPartOfTheParentIsOneProblemOfBoth() throws IOException {
        BaseBackup child = child();
        ObjectKey shared = damagePartOfParent(child);

        VerifyReport report = verify(Optional.empty());

        assertThat(report.sound()).isEmpty();
        assertThat(report.problems()).isOne();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.key()).isEqualTo(shared);
            assertThat(finding.backups()).hasSize(2).contains(child.id());
        });
    }

    /** A run that does not read again what it has read of the parent reads what the child needs of it. */
    @ParameterizedTest
    @MethodSource("ofWhatIsUnread")
    void aDamagedManifestPartIsAProblemOfTheParentAlsoIfThatWasVerifiedBefore(Extent extent) throws IOException {
        BaseBackup parent = backups.full(BEGIN);
        assertThat(verify(extent).sound()).containsExactly(parent.id());
        change(3, 7, 8, 21, 33, 39);
        BaseBackup child = backups.backup(BEGIN.plusSeconds(86_400));
        ObjectKey shared = damagePartOfParent(child);

        VerifyReport report = verify(extent);

        assertThat(report.sound()).isEmpty();
        assertThat(report.findings())
                .filteredOn(finding -> finding.key().equals(shared))
                .singleElement()
                .satisfies(finding -> assertThat(finding.backups()).containsExactlyInAnyOrder(parent.id(), child.id()));
        assertThat(catalog().marks().damage(parent.id())).isPresent();
        assertThat(catalog().marks().damage(child.id())).isPresent();
    }

    static List<Extent> ofWhatIsUnread() {
        return List.of(new Extent.Budget(1L << 40), new Extent.Unmarked());
    }

    private VerifyReport verify(Extent extent) throws IOException {
        Verifier.Options options = new Verifier.Options(extent, Scope.ALL, 2);
        return new Verifier(store, privateKeys, options, Clock.systemUTC(), (objects, bytes) -> {})
                .verify(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM, Optional.empty());
    }

    /** Taken, or copied by sync, after the damage was found: nothing is known against it by itself. */
    @Test
    void aBackupThatMayReferToKnownDamageCountsAsDamagedUntilItIsVerified() throws IOException {
        BaseBackup parent = backups.full(BEGIN);
        damage(parent.keys().bundle(1));
        verify(Optional.empty());
        change(3, 7);
        BaseBackup child = incremental(backups.backup(BEGIN.plusSeconds(86_400)), parent.id(), parent.id());
        BaseBackup grandchild = incremental(backups.backup(BEGIN.plusSeconds(2 * 86_400)), child.id(), parent.id());
        BaseBackup full = backups.full(BEGIN.plusSeconds(3 * 86_400));

        assertThat(catalog().marks().damage(child.id())).isEmpty();
        assertThat(catalog().marks().damage(parent)).isPresent();
        assertThat(catalog().marks().damage(child)).isEqualTo(catalog().marks().damage(parent));
        assertThat(catalog().marks().damage(grandchild)).isPresent();
        assertThat(catalog().marks().damage(full)).isEmpty();
        verify(Optional.empty());
        assertThat(catalog().marks().damage(child)).isEqualTo(catalog().marks().damage(child.id()));
    }

    /** Its own list would say so; nobody has to read it. */
    @Test
    void aBackupThatWasTakenOnASoundParentIsSoundBesideADamagedOne() throws IOException {
        BaseBackup parent = backups.full(BEGIN);
        change(3);
        BaseBackup damaged = backups.backup(BEGIN.plusSeconds(86_400));
        damage(damaged.keys().bundle(1));
        verify(Optional.empty());
        BackupMarks marks = catalog().marks();
        BaseBackup child = incremental(backups.full(BEGIN.plusSeconds(2 * 86_400)), parent.id(), parent.id());

        assertThat(marks.damage(damaged)).isPresent();
        assertThat(marks.damage(parent)).isEmpty();
        assertThat(marks.damage(child)).isEmpty();
    }

    private static BaseBackup incremental(BaseBackup backup, BackupId parent, BackupId oldest) {
        BaseBackup.Objects objects = backup.objects();
        return new BaseBackup(
                backup.id(),
                BaseBackup.Type.INCREMENTAL,
                backup.name(),
                backup.origin(),
                backup.run(),
                backup.wal(),
                backup.nextXid(),
                backup.contents(),
                new BaseBackup.Objects(
                        objects.nonce(),
                        objects.encryption(),
                        objects.fingerprintKey(),
                        objects.bundles(),
                        objects.backupManifest(),
                        objects.manifestParts(),
                        objects.configuration(),
                        Optional.of(new BaseBackup.Lineage(parent, oldest)),
                        objects.referredSizeBytes()));
    }

    /** One byte of a part that both have, so that its length is right. */
    private ObjectKey damagePartOfParent(BaseBackup child) throws IOException {
        return damage(child.manifestParts().stream()
                .filter(part -> !part.keys().equals(child.keys()))
                .findFirst()
                .orElseThrow()
                .key());
    }

    private ObjectKey damage(ObjectKey shared) throws IOException {
        byte[] content;
        try (InputStream in = store.open(shared, ByteRange.ALL)) {
            content = in.readAllBytes();
        }
        content[content.length / 2] ^= 1;
        store.delete(List.of(shared));
        store.putIfAbsent(shared, ObjectSource.of(content));
        return shared;
    }

    @Test
    void aListOfBundlesThatLacksOneIsAProblem() throws IOException {
        backups.full(BEGIN);
        change(3);
        boolean[] first = {true};
        backups.forgeBundles(line -> {
            boolean isFirst = first[0];
            first[0] = false;
            return isFirst ? "" : line;
        });

        assertProblem(backups.backup(BEGIN.plusSeconds(86_400)), "bytes of data, and the backup has");
    }

    @Test
    void aParentWithAnotherKeyOfFingerprintsIsAProblem() throws IOException {
        backups.full(BEGIN);
        change(3);
        BaseBackup child = backups.anotherKey().backup(BEGIN.plusSeconds(86_400));

        assertThat(verify(Optional.of(child)).sound()).isEmpty();
        VerifyReport both = verify(Optional.empty());
        assertThat(both.findings()).isNotEmpty().allSatisfy(finding -> {
            assertThat(finding.text()).contains("has fingerprints by another key");
            assertThat(finding.backups()).containsExactly(child.id());
        });
    }

    @Test
    void encryptedBackupsAreComparedWithThePrivateKeyAndTheirStoredBytesWithoutIt() throws IOException {
        KeyPair pair = KeyPair.fresh();
        backups.encoding(KeyPair.encoding("zstd:1", pair));
        BaseBackup child = child();

        VerifyReport without = verify(Optional.empty());
        privateKeys = pair.privateKeys();
        VerifyReport with = verify(Optional.empty());

        assertThat(without.findings()).isEmpty();
        assertThat(without.sealed()).isPositive();
        assertThat(with.findings()).isEmpty();
        assertThat(with.sealed()).isZero();
        assertThat(with.sound()).hasSize(2).contains(child.id());
    }

    @Test
    void aBackupThatRefersToOneWithAnotherEncryptionIsAProblem() throws IOException {
        KeyPair pair = KeyPair.fresh();
        privateKeys = pair.privateKeys();
        backups.encoding(KeyPair.encoding("zstd:1", pair));
        backups.full(BEGIN);
        change(3);
        BaseBackup child = backups.encoding(KeyPair.encoding("zstd:1", KeyPair.fresh(), pair))
                .backup(BEGIN.plusSeconds(86_400));

        VerifyReport report = verify(Optional.empty());

        assertThat(report.sound()).hasSize(1).doesNotContain(child.id());
        assertThat(report.findings())
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.text()).contains("encrypted for others"));
    }
}
