// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BlockPool;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/** A repository of one cluster, in which backups are published without a server: files, bundles, manifest and WAL. */
final class SampleRepository {
    static final ClusterName NAME = new ClusterName("main");
    static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T06:30:11Z"), ZoneOffset.UTC);
    static final WalSegmentSize SEGMENT_SIZE = new WalSegmentSize(1 << 20);

    private static final Timeline TIMELINE = new Timeline(2);
    private static final WalRange WAL = new WalRange(TIMELINE, Lsn.parse("0/2000028"), Lsn.parse("0/2100100"));
    private static final String NONCE = "00ff";
    private static final FingerprintKey FINGERPRINTS = FingerprintKey.random(new Random(1));

    /** The files of the next backup, by their paths. */
    final Map<String, byte[]> files = new TreeMap<>();

    private final ObjectStore store;
    private final Path work;
    private int backups;

    /** @param random fills a file of more than a frame */
    SampleRepository(ObjectStore store, Path work, Random random) throws IOException {
        this.store = store;
        this.work = work;
        byte[] large = new byte[Frame.MAX_DATA_BYTES + 12_345];
        random.nextBytes(large);
        files.put("base/1/large", large);
        files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.US_ASCII));
        files.put("empty", new byte[0]);
        archiveWal();
    }

    /** The files of the golden repository's backups. */
    static SortedMap<String, byte[]> goldenFiles() {
        SortedMap<String, byte[]> files = new TreeMap<>();
        byte[] large = new byte[Frame.MAX_DATA_BYTES + 12_345];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i / 100 % 251);
        }
        files.put("base/1/large", large);
        files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.US_ASCII));
        files.put("empty", new byte[0]);
        files.put("not-utf-8-\udcff", "its name\n".getBytes(StandardCharsets.US_ASCII));
        return files;
    }

    private void archiveWal() throws IOException {
        ClusterArchive archive = Repository.create(store, CLOCK)
                .register(new ClusterIdentity(NAME, SYSTEM, SEGMENT_SIZE, 8192, 15), CLOCK);
        for (WalFile.Segment segment : WAL.segments(SEGMENT_SIZE).toList()) {
            byte[] content = WalFixtures.segment(segment, SYSTEM, SEGMENT_SIZE, 1);
            try (EncodedObject encoded = encode(ContainerKind.WAL, segment.name(), zstd(), content)) {
                archive.wal().put(segment, encoded);
            }
        }
        WalFile.TimelineHistoryFile history = new WalFile.TimelineHistoryFile(TIMELINE);
        byte[] lines = "1\t0/1800000\tno recovery target specified\n".getBytes(StandardCharsets.US_ASCII);
        try (EncodedObject encoded = encode(ContainerKind.HISTORY, history.name(), zstd(), lines)) {
            archive.wal().put(history, encoded);
        }
    }

    private static Encoding zstd() {
        return Encoding.of(Codec.parse("zstd"));
    }

    private EncodedObject encode(ContainerKind kind, String name, Encoding encoding, byte[] content)
            throws IOException {
        return ObjectEncoder.encode(kind, name, SYSTEM, encoding, ObjectSource.of(content), work);
    }

    BackupCatalog catalog() {
        return new BackupCatalog(store, PrivateKeys.NONE, NAME, SYSTEM);
    }

    BaseBackup publish() throws IOException {
        return publish("zstd");
    }

    BaseBackup publish(String codec) throws IOException {
        return publish(Encoding.of(Codec.parse(codec)));
    }

    /** Publishes a backup of {@link #files} in one bundle. */
    BaseBackup publish(Encoding encoding) throws IOException {
        backups++;
        BackupKeys keys = new BackupKeys(NAME, SYSTEM, BackupId.of(CLOCK.instant(), backups));
        store.putIfAbsent(
                keys.intent(),
                ObjectSource.of(
                        new Intent(keys.id(), NONCE, "db1", CLOCK.instant(), Optional.empty(), List.of()).encode()));
        byte[] manifest;
        StoredObject bundle;
        try (ManifestWriter entries = new ManifestWriter(work)) {
            bundle = storeBundle(keys, encoding, entries);
            manifest = entries.parts().next().orElseThrow().text();
        }
        long bytes =
                files.values().stream().mapToLong(content -> content.length).sum();
        ByteArrayOutputStream bundles = new ByteArrayOutputStream();
        bundles.writeBytes(new BundleRef(1, keys.id(), 1, bundle, bytes).encode());
        String id = keys.id().value();
        BaseBackup.Objects objects = new BaseBackup.Objects(
                NONCE,
                encoding.encryption(),
                FINGERPRINTS,
                store(keys.bundles(), ContainerKind.BUNDLES, id, encoding, bundles.toByteArray()),
                List.of(store(
                        keys.postgresManifest(1),
                        ContainerKind.BACKUP_MANIFEST,
                        keys.numbered(1),
                        encoding,
                        new byte[3_000])),
                List.of(new BaseBackup.ManifestPart(
                        files.keySet().iterator().next(),
                        store(keys.manifestPart(1), ContainerKind.MANIFEST, keys.numbered(1), encoding, manifest))));
        BaseBackup backup = new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(NAME, SYSTEM, 150000, SEGMENT_SIZE, 8192, true),
                new BaseBackup.Run(
                        "base-backup",
                        "db1",
                        BaseBackup.Source.PRIMARY,
                        "test",
                        CLOCK.instant(),
                        CLOCK.instant(),
                        List.of()),
                WAL,
                Optional.empty(),
                new BaseBackup.Contents(files.size(), bytes, bundle.sizeBytes(), List.of(), List.of(), 0),
                objects);
        store.putIfAbsent(keys.backup(), ObjectSource.of(backup.encode()));
        return backup;
    }

    private StoredObject store(ObjectKey key, ContainerKind kind, String name, Encoding encoding, byte[] content)
            throws IOException {
        try (EncodedObject encoded = encode(kind, name, encoding, content)) {
            store.putIfAbsent(key, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }

    /** A frame for each whole MiB of a file, and one last frame for what is left of all files. */
    private StoredObject storeBundle(BackupKeys keys, Encoding encoding, ManifestWriter entries) throws IOException {
        Frame.Encoder frames = new Frame.Encoder(encoding.codec(), FINGERPRINTS, 8192);
        Map<String, List<Piece>> pieces = new HashMap<>();
        BundleWriter bundle = new BundleWriter(keys, 1, encoding, BundleWriter.DEFAULT_SIZE_BYTES, new BlockPool());
        ByteArrayOutputStream rests = new ByteArrayOutputStream();
        List<PlainPart> parts = new ArrayList<>();
        for (Map.Entry<String, byte[]> each : files.entrySet()) {
            byte[] content = each.getValue();
            List<Piece> ofFile = pieces.computeIfAbsent(each.getKey(), path -> new ArrayList<>());
            int at = 0;
            for (; content.length - at >= Frame.MAX_DATA_BYTES; at += Frame.MAX_DATA_BYTES) {
                byte[] whole = Arrays.copyOfRange(content, at, at + Frame.MAX_DATA_BYTES);
                Frame frame = bundle.add(
                        frames.encode(whole, whole.length, List.of(new PlainPart(each.getKey(), at, 0, whole.length))));
                ofFile.add(piece(frame, at, 0, whole));
            }
            if (at < content.length) {
                parts.add(new PlainPart(each.getKey(), at, rests.size(), content.length - at));
                rests.write(content, at, content.length - at);
            }
        }
        Frame last = bundle.add(frames.encode(rests.toByteArray(), rests.size(), parts));
        for (PlainPart part : parts) {
            byte[] content = Objects.requireNonNull(files.get(part.path()));
            pieces.computeIfAbsent(part.path(), path -> new ArrayList<>())
                    .add(piece(
                            last,
                            content.length - part.size(),
                            part.offset(),
                            Arrays.copyOfRange(content, content.length - part.size(), content.length)));
        }
        for (Map.Entry<String, byte[]> each : files.entrySet()) {
            byte[] content = each.getValue();
            List<Piece> ofFile = List.copyOf(pieces.getOrDefault(each.getKey(), List.of()));
            CRC32C crc = new CRC32C();
            crc.update(content);
            entries.add(
                    new FileEntry(each.getKey(), 0600, content.length, CLOCK.instant(), (int) crc.getValue(), ofFile));
        }
        FinishedBundle finished = bundle.finish();
        store.putIfAbsent(keys.bundle(1), finished.source());
        return finished.object();
    }

    private static Piece piece(Frame frame, long at, int offset, byte[] content) {
        return new Piece(
                1,
                frame.offset(),
                frame.length(),
                offset,
                at,
                content.length,
                PieceChecksums.of(FINGERPRINTS, content, 0, content.length));
    }
}
