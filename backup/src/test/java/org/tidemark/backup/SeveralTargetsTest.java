// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupResult;
import org.tidemark.backup.request.BackupResult.Published;
import org.tidemark.backup.request.BackupResult.Unfinished;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;

/** One backup into several repositories: PostgreSQL is read once, and each repository stands for itself. */
class SeveralTargetsTest {
    private static final Codec CODEC = Codec.parse("zstd:1");
    private static final Encoding PLAIN = Encoding.of(CODEC);
    private static final AgeIdentity OWNER = AgeIdentity.generate(new SecureRandom());
    private static final PrivateKeys KEYS = PrivateKeys.from("'owner'", () -> List.of(OWNER));
    private static final Encoding ENCRYPTED =
            new Encoding(CODEC, Optional.of(new Recipients(List.of(OWNER.recipient()))));

    @TempDir
    private Path directory;

    private final MemoryStore one = new MemoryStore(Clock.systemUTC());
    private final MemoryStore other = new MemoryStore(Clock.systemUTC());
    private SyntheticCluster cluster;

    @BeforeEach
    void makeCluster() throws IOException {
        Random random = Rounds.random();
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), random);
        for (int file = 0; file < 5; file++) {
            byte[] content = new byte[(1 << 20) + random.nextInt(1 << 20)];
            random.nextBytes(content);
            cluster.server.files.put("base/1/" + file, content);
        }
    }

    private BackupResult backup(BackupTarget... targets) throws IOException {
        return cluster.backup(List.of(targets), BackupOptions.MIN_BUNDLE_BYTES);
    }

    private static Map<String, StoredObject> bundles(ObjectStore store, BaseBackup backup) throws IOException {
        Map<String, StoredObject> bundles = new TreeMap<>();
        for (String key : StoreAccess.keys(store, backup.keys().data() + "bundle/")) {
            bundles.put(key, StoredObject.of(ObjectSource.of(StoreAccess.read(store, key))));
        }
        return bundles;
    }

    @Test
    void repositoriesWithOneEncryptionGetTheSameObjects() throws IOException {
        cluster.prepare(one);
        cluster.prepare(other);

        BackupResult result = backup(
                SyntheticCluster.target("one", one, PLAIN),
                SyntheticCluster.target("other", other, Encoding.of(Codec.parse("lz4"))));

        assertThat(result.published())
                .singleElement()
                .extracting(each -> each.target().name())
                .isEqualTo("one");
        BaseBackup backup = result.first();
        Unfinished unfinished = result.unfinished().getFirst();
        assertThat(unfinished.target().name()).isEqualTo("other");
        assertThat(unfinished.id()).contains(backup.id());
        assertThat(unfinished.failure()).isEmpty();
        assertThat(bundles(one, backup)).hasSizeGreaterThan(3);
        assertThat(bundles(other, backup)).isEqualTo(bundles(one, backup));
        assertThat(StoreAccess.read(other, backup.keys().intent().value()))
                .isEqualTo(StoreAccess.read(one, backup.keys().intent().value()));
        assertThat(cluster.catalog(other).list()).singleElement().isInstanceOf(CatalogEntry.Unpublished.class);
        SyntheticCluster.assertSound(one, PrivateKeys.NONE);
    }

    @Test
    void eachEncryptionGetsABackupOfItsOwnFromOneRead() throws IOException {
        cluster.prepare(one);
        cluster.prepare(other, ENCRYPTED);

        BackupResult result =
                backup(SyntheticCluster.target("other", other, ENCRYPTED), SyntheticCluster.target("one", one, PLAIN));

        assertThat(cluster.server.backups).isEqualTo(1);
        assertThat(result.unfinished()).isEmpty();
        assertThat(result.published()).extracting(each -> each.target().name()).containsExactly("other", "one");
        BaseBackup encrypted = result.published().getFirst().backup();
        BaseBackup plain = result.published().getLast().backup();
        assertThat(plain.id()).isNotEqualTo(encrypted.id());
        assertThat(plain.objects().encryption()).isEmpty();
        assertThat(encrypted.objects().encryption()).isEqualTo(ENCRYPTED.encryption());
        assertThat(bundles(one, plain)).hasSizeGreaterThan(3);
        assertThat(bundles(other, encrypted)).hasSameSizeAs(bundles(one, plain));
        assertRestores(cluster.catalog(one), plain, "plain");
        assertRestores(new BackupCatalog(other, KEYS, SyntheticCluster.NAME, cluster.system), encrypted, "encrypted");
        SyntheticCluster.assertSound(one, PrivateKeys.NONE);
        SyntheticCluster.assertSound(other, KEYS);
    }

    @Test
    void anIdNamesOneBackupAlthoughTheNumbersOfTheVariantsDiffer() throws IOException {
        cluster.prepare(one);
        cluster.prepare(other, ENCRYPTED);
        List<String> ids = new ArrayList<>();

        for (int run = 0; run < 2; run++) {
            BackupResult result = backup(
                    SyntheticCluster.target("one", one, PLAIN), SyntheticCluster.target("other", other, ENCRYPTED));
            result.published().forEach(each -> ids.add(each.backup().id().value()));
        }

        assertThat(ids).hasSize(4).doesNotHaveDuplicates();
    }

    private void assertRestores(BackupCatalog catalog, BaseBackup backup, String name) throws IOException {
        Path restored = directory.resolve(name);
        PlainRestore.restore(catalog, backup, restored, Files.createDirectory(directory.resolve(name + "-fast")));

        for (String path : List.of("base/1/large", "base/1/0", "base/1/4", "base/1/PG_VERSION")) {
            assertThat(restored.resolve(path)).hasBinaryContent(cluster.server.files.get(path));
        }
    }

    @Test
    void aRepositoryOfAnotherClusterIsLeftOut() throws IOException {
        cluster.prepare(one);
        Repository.create(other, SyntheticCluster.CLOCK)
                .register(
                        new ClusterIdentity(
                                SyntheticCluster.NAME,
                                new SystemIdentifier(7),
                                SyntheticCluster.SEGMENT_SIZE,
                                8192,
                                15),
                        SyntheticCluster.CLOCK);

        BackupResult result =
                backup(SyntheticCluster.target("other", other, PLAIN), SyntheticCluster.target("one", one, PLAIN));

        assertThat(result.published()).extracting(each -> each.target().name()).containsExactly("one");
        assertThat(result.unfinished()).singleElement().satisfies(each -> {
            assertThat(each.id()).isEmpty();
            assertThat(each.failure().orElseThrow()).hasMessageContaining("not registered");
        });
    }

    /** What the first one has already is taken for what the backup consists of when it is completed. */
    @Test
    void aRepositoryThatFailsLateHasTheSameObjectsAsTheOneThatTakesTheBackup() throws IOException {
        for (String last : List.of("/bundles", "/backup.json")) {
            MemoryStore failing = new MemoryStore(Clock.systemUTC());
            MemoryStore taking = new MemoryStore(Clock.systemUTC());
            cluster.prepare(failing, ENCRYPTED);
            cluster.prepare(taking, ENCRYPTED);
            ObjectStore refusing = new DelegatingStore(failing) {
                @Override
                public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                    if (key.value().endsWith(last)) {
                        throw new StorageUnavailable("refused on purpose", null);
                    }
                    failing.putIfAbsent(key, source);
                }
            };

            BackupResult result = backup(
                    SyntheticCluster.target("failing", refusing, ENCRYPTED),
                    SyntheticCluster.target("taking", taking, ENCRYPTED));

            assertThat(result.published())
                    .extracting(each -> each.target().name())
                    .containsExactly("taking");
            List<String> keys = StoreAccess.keys(failing, result.first().keys().data());
            assertThat(keys).anyMatch(key -> key.contains("/manifest/"));
            for (String key : keys) {
                assertThat(StoredObject.of(ObjectSource.of(StoreAccess.read(failing, key))))
                        .as(key)
                        .isEqualTo(StoredObject.of(ObjectSource.of(StoreAccess.read(taking, key))));
            }
        }
    }

    /** Whatever one repository does, the other one gets a sound backup, and neither shows one that is not. */
    @Test
    void noFaultOfOneRepositoryKeepsTheBackupFromTheOther() {
        List<BesideFaulty> scenarios = List.of(
                new BesideFaulty(PLAIN, true),
                new BesideFaulty(ENCRYPTED, false),
                new BesideFaulty(PLAIN, false),
                new BesideFaulty(ENCRYPTED, true));
        for (BesideFaulty scenario : Rounds.oneOrAll(scenarios)) {
            FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), scenario, Rounds.of(30, 1));
            assertThat(tried.operations()).isGreaterThan(7);
        }
    }

    private final class BesideFaulty implements FaultLoop.Scenario {
        private final Encoding encoding;
        private final boolean faultyFirst;
        private ObjectStore sound = new MemoryStore(Clock.systemUTC());
        private ObjectStore healthy = sound;

        BesideFaulty(Encoding encoding, boolean faultyFirst) {
            this.encoding = encoding;
            this.faultyFirst = faultyFirst;
        }

        @Override
        public void prepare(ObjectStore store) throws Exception {
            healthy = store;
            sound = new MemoryStore(Clock.systemUTC());
            cluster.prepare(sound);
            cluster.prepare(store, encoding);
        }

        @Override
        public void run(ObjectStore faulty) throws Exception {
            List<BackupTarget> targets = new ArrayList<>(List.of(SyntheticCluster.target("sound", sound, PLAIN)));
            try {
                targets.add(faultyFirst ? 0 : 1, SyntheticCluster.target("faulty", faulty, encoding));
            } catch (StorageUnavailable e) {
                // It is not even opened.
            }
            BackupResult result = cluster.backup(targets, BackupOptions.MIN_BUNDLE_BYTES);
            assertThat(result.published()).isNotEmpty();
            for (Published each : result.published()) {
                ObjectStore store = each.target().name().equals("sound") ? sound : healthy;
                assertThat(cluster.catalog(store).read(each.backup().id())).isEqualTo(each.backup());
            }
        }

        @Override
        public void check(ObjectStore store, Optional<Exception> failure) throws Exception {
            assertThat(failure).isEmpty();
            SyntheticCluster.assertSound(sound, PrivateKeys.NONE);
            SyntheticCluster.assertSound(store, KEYS);
            assertThat(directory.resolve("work")).isEmptyDirectory();
        }
    }
}
