// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.SyntheticCluster;
import org.tidemark.backup.archiving.ArchivingTest;
import org.tidemark.backup.bundle.PageFindings.PageRules;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.server.RequiredFiles;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.backup.target.Receiver;
import org.tidemark.backup.target.Receivers;
import org.tidemark.backup.target.RegisteredCluster;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.store.MemoryStore;
import org.tidemark.testkit.Rounds;

class BundlePipelineTest {
    private static final ClusterName CLUSTER = new ClusterName("main");
    private static final SystemIdentifier SYSTEM = new SystemIdentifier(7);
    private static final Encoding ENCODING = Encoding.of(Codec.parse("zstd:1"));

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore one = new MemoryStore(Clock.systemUTC());
    private final MemoryStore other = new MemoryStore(Clock.systemUTC());
    private final BackupOptions options = new BackupOptions(
            Optional.empty(),
            BaseBackup.Type.FULL,
            SourceMethod.STREAM,
            2,
            BackupOptions.MIN_BUNDLE_BYTES,
            2,
            Path.of("unused"),
            Path.of("unused"),
            Checkpoint.FAST,
            OptionalLong.empty(),
            Duration.ZERO,
            "localhost",
            "test");

    /** The id of the second one has a digit more, so its frames begin one byte later. */
    private BackupVariant variant(int number, MemoryStore store) throws IOException {
        Repository repository = Repository.create(store, Clock.systemUTC());
        ClusterArchive archive = repository.register(
                new ClusterIdentity(CLUSTER, SYSTEM, WalSegmentSize.DEFAULT, 8192, 15), Clock.systemUTC());
        Receiver receiver = new Receiver(
                new BackupTarget("test", repository, ENCODING), new RegisteredCluster(archive, 150_000, true, 131_072));
        Instant started = Instant.parse("2026-11-20T06:30:11Z");
        BackupId id = BackupId.of(started, number);
        return BackupVariant.of(
                new BackupKeys(CLUSTER, SYSTEM, id),
                new Intent(id, "00".repeat(16), "localhost", started, Optional.empty(), List.of()),
                ENCODING,
                List.of(receiver),
                Optional.empty(),
                Optional.empty(),
                FingerprintKey.random(random),
                directory,
                () -> {});
    }

    /** Stores files of one frame and of several in each variant; gives the bundles of each. */
    private List<List<BundleRef>> store(List<BackupVariant> variants, int failing) throws IOException {
        Receivers receivers = new Receivers(
                variants.stream().flatMap(each -> each.receivers().stream()).toList(),
                Receivers.PATIENCE,
                SyntheticCluster.SILENT);
        PageFindings findings = new PageFindings(new PageRules(8192, true, true, 131_072, new Lsn(0)));
        try (ManifestComparison comparison = new ManifestComparison(directory);
                ArchivingTest archiving = new ArchivingTest(Optional.empty(), List.of(), (segment, receiver) -> {})) {
            ManifestRecorder ledger =
                    new ManifestRecorder(variants, Optional.of(comparison), new RequiredFiles(), Optional.empty());
            try (BundlePipeline pipeline =
                    new BundlePipeline(variants, 8192, receivers, archiving, options, ledger, () -> {}, () -> {})) {
                FrameCutter cutter = new FrameCutter(pipeline, ledger, findings);
                for (int file = 0; file < 5; file++) {
                    byte[] content = new byte[file * 700_000];
                    random.nextBytes(content);
                    cutter.add(
                            new IncomingFile(new FileFacts("file-" + file, 0600, content.length, Instant.EPOCH)),
                            new ByteArrayInputStream(content));
                    if (file == failing) {
                        pipeline.placeAll();
                        variants.getLast().receivers().getFirst().fail(new IOException("gone"));
                    }
                }
                cutter.flush();
                return pipeline.finish();
            }
        }
    }

    private static String manifest(BackupVariant variant) throws IOException {
        return new String(variant.manifest().parts().next().orElseThrow().text(), StandardCharsets.UTF_8);
    }

    private static void assertHolds(MemoryStore store, BackupVariant variant, List<BundleRef> bundles)
            throws IOException {
        String manifest = manifest(variant);
        assertThat(manifest.lines()).hasSize(5);
        for (BundleRef each : bundles) {
            BundleReader bundle = BundleReader.open(
                    store,
                    PrivateKeys.NONE,
                    variant.keys(),
                    each.number(),
                    each.object().sizeBytes(),
                    Optional.of(variant.fingerprintKey()));
            for (int frame = 0; frame < bundle.frames().size(); frame++) {
                // Compares the checksums with the variant's own key.
                assertThat(bundle.read(frame)).isNotEmpty();
                assertThat(manifest)
                        .contains("{\"bundle\":" + each.bundle() + ",\"start\":"
                                + bundle.frames().get(frame).offset() + ",");
            }
        }
    }

    @Test
    void eachVariantHasItsKeyAndTheManifestOfItsBundles() throws IOException {
        try (BackupVariant first = variant(1, one);
                BackupVariant second = variant(2, other)) {
            List<List<BundleRef>> bundles = store(List.of(first, second), -1);

            assertThat(manifest(first)).isNotEqualTo(manifest(second));
            assertHolds(one, first, bundles.getFirst());
            assertHolds(other, second, bundles.getLast());
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aVariantIsCompleteAlsoIfAnotherOneFailsAmidAFile() throws IOException {
        try (BackupVariant first = variant(1, one);
                BackupVariant second = variant(2, other)) {
            List<List<BundleRef>> bundles = store(List.of(first, second), 3);

            assertHolds(one, first, bundles.getFirst());
            assertThat(second.isLive()).isFalse();
        }
    }

    @Test
    void variantsWithOneKeyHaveTheSameFingerprints() throws IOException {
        try (BackupVariant first = variant(1, one);
                BackupVariant made = variant(2, other)) {
            BackupVariant second = new BackupVariant(
                    made.keys(),
                    made.intent(),
                    made.encoding(),
                    made.receivers(),
                    made.parent(),
                    made.earlier(),
                    first.fingerprintKey(),
                    made.manifest(),
                    made.begun());
            List<List<BundleRef>> bundles = store(List.of(first, second), -1);

            assertHolds(one, first, bundles.getFirst());
            assertHolds(other, second, bundles.getLast());
            assertThat(fingerprints(first)).isEqualTo(fingerprints(second)).isNotEmpty();
        }
    }

    private static List<String> fingerprints(BackupVariant variant) throws IOException {
        return Arrays.stream(manifest(variant).split("\"fingerprint\":\""))
                .skip(1)
                .map(rest -> rest.substring(0, 16))
                .toList();
    }
}
