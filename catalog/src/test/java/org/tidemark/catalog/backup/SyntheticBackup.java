// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
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
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Writes a backup of files that a test makes up, in small frames and small bundles. */
public final class SyntheticBackup {
    public static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    public static final ClusterName CLUSTER = new ClusterName("main");
    public static final Instant STARTED = Instant.parse("2026-11-20T06:30:11Z");
    public static final byte[] POSTGRES_MANIFEST = "{ \"made\": \"up\" }\n".getBytes(StandardCharsets.US_ASCII);

    public static final FingerprintKey FINGERPRINTS = FingerprintKey.random(new Random(1));
    private static final int FRAME_BYTES = 10_000;
    private static final int FRAMES_IN_BUNDLE = 5;

    private final SortedMap<String, byte[]> files = new TreeMap<>();
    private final List<ManifestEntry> entries = new ArrayList<>();
    private final List<BaseBackup.Tablespace> tablespaces = new ArrayList<>();
    private final List<String> rawLines = new ArrayList<>();
    private final BackupKeys keys = new BackupKeys(CLUSTER, SYSTEM, BackupId.of(STARTED, 1));
    private final Encoding encoding;
    private int directoryMode = 0700;
    private int linesInPart = 1_000_000;

    public SyntheticBackup(Codec codec) {
        this(Encoding.of(codec));
    }

    public SyntheticBackup(Encoding encoding) {
        this.encoding = encoding;
    }

    /** Everything that a data directory must have, and some files of several frames. */
    public static SyntheticBackup ofDataDirectory(Codec codec) {
        return ofDataDirectory(Encoding.of(codec));
    }

    public static SyntheticBackup ofDataDirectory(Encoding encoding) {
        return new SyntheticBackup(encoding)
                .directory("base")
                .directory("base/5")
                .directory("global")
                .directory("pg_tblspc")
                .directory("pg_wal")
                .file("PG_VERSION", "15\n")
                .file("backup_label", "START WAL LOCATION: 0/2000028\n")
                .file("tablespace_map", "")
                .file("standby.signal", "")
                .file("postgresql.conf", "port = 5433\n")
                .file("postgresql.auto.conf", "# by hand\nwork_mem = '8MB'\nprimary_conninfo = 'host=old'\n")
                .file("base/5/1259", noise(1, 35_000))
                .file("base/5/1260", noise(2, 8_192))
                .file("base/5/1261", noise(3, 120_000))
                .file("base/5/empty", "")
                .file("global/1262", noise(4, 20_000))
                .file("global/pg_control", controlFile());
    }

    /** Divides the manifest into small parts. */
    public SyntheticBackup linesInPart(int most) {
        linesInPart = most;
        return this;
    }

    public SyntheticBackup directoryMode(int mode) {
        directoryMode = mode;
        return this;
    }

    public SyntheticBackup directory(String path) {
        entries.add(new DirectoryEntry(path, directoryMode));
        return this;
    }

    public SyntheticBackup file(String path, String content) {
        return file(path, content.getBytes(StandardCharsets.UTF_8));
    }

    public SyntheticBackup file(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    public SyntheticBackup without(String path) {
        files.remove(path);
        return this;
    }

    public SyntheticBackup link(String path, String target) {
        entries.add(new LinkEntry(path, target));
        return this;
    }

    public SyntheticBackup tablespace(long oid, String location) {
        tablespaces.add(new BaseBackup.Tablespace(oid, Optional.empty(), location, 0));
        return link("pg_tblspc/" + oid, location);
    }

    /** A line of the manifest as an attacker may write it. */
    public SyntheticBackup rawLine(String line) {
        rawLines.add(line);
        return this;
    }

    public SortedMap<String, byte[]> files() {
        return files;
    }

    public static byte[] noise(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    public static byte[] controlFile() {
        ByteBuffer bytes = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(0, SYSTEM.value()).putInt(8, 1300).putInt(12, 202209061).putInt(16, 6);
        bytes.putInt(48, 1)
                .putDouble(208, 1234567.0)
                .putInt(216, 8192)
                .putInt(220, 131072)
                .putInt(224, 8192);
        bytes.putInt(228, 16 << 20);
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, 288);
        bytes.putInt(288, (int) crc.getValue());
        return bytes.array();
    }

    /** Stores everything but {@code backup.json}, whose content is given back. */
    public BaseBackup store(ObjectStore store, Path work) throws IOException {
        List<String> bundleLines = new ArrayList<>();
        long dataSize = storeData(store, bundleLines);
        StoredObject bundles = container(
                store, work, keys.bundles(), ContainerKind.BUNDLES, keys.id().value(), lines(bundleLines));
        List<BaseBackup.ManifestPart> parts = storeManifest(store, work);
        StoredObject postgresManifest = container(
                store,
                work,
                keys.postgresManifest(1),
                ContainerKind.BACKUP_MANIFEST,
                keys.numbered(1),
                POSTGRES_MANIFEST);
        return new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(CLUSTER, SYSTEM, 150019, WalSegmentSize.DEFAULT, 8192, true),
                new BaseBackup.Run(
                        "base-backup", "db1", BaseBackup.Source.PRIMARY, "test", STARTED, STARTED, List.of()),
                new WalRange(Timeline.FIRST, Lsn.parse("0/2000028"), Lsn.parse("0/2000100")),
                Optional.of(750L),
                new BaseBackup.Contents(files.size(), dataSize, 0, tablespaces, List.of(), 0),
                new BaseBackup.Objects(
                        "00ff", encoding.encryption(), FINGERPRINTS, bundles, List.of(postgresManifest), parts));
    }

    private long storeData(ObjectStore store, List<String> bundleLines) throws IOException {
        Frame.Encoder encoder = new Frame.Encoder(encoding.codec(), FINGERPRINTS, 8192);
        Bundles bundles = new Bundles(store, bundleLines);
        long total = 0;
        for (var each : files.entrySet()) {
            byte[] content = each.getValue();
            total += content.length;
            List<Piece> pieces = new ArrayList<>();
            for (int at = 0; at < content.length; at += FRAME_BYTES) {
                int size = Math.min(FRAME_BYTES, content.length - at);
                byte[] data = Arrays.copyOfRange(content, at, at + size);
                EncodedFrame frame = encoder.encode(data, size, List.of(new PlainPart(each.getKey(), at, 0, size)));
                pieces.add(bundles.add(frame));
            }
            CRC32C crc = new CRC32C();
            crc.update(content);
            entries.add(new FileEntry(each.getKey(), 0600, content.length, STARTED, (int) crc.getValue(), pieces));
        }
        bundles.finish();
        return total;
    }

    private final class Bundles {
        private final ObjectStore store;
        private final List<String> lines;
        private int number;
        private int frames;
        private Optional<BundleWriter> open = Optional.empty();

        Bundles(ObjectStore store, List<String> lines) {
            this.store = store;
            this.lines = lines;
        }

        Piece add(EncodedFrame encoded) throws IOException {
            if (frames == FRAMES_IN_BUNDLE) {
                finish();
            }
            if (open.isEmpty()) {
                number++;
                frames = 0;
                open = Optional.of(
                        new BundleWriter(keys, number, encoding, BundleWriter.DEFAULT_SIZE_BYTES, new BlockPool()));
            }
            frames++;
            Frame frame = open.get().add(encoded);
            Frame.FramePart part = frame.parts().getFirst();
            return new Piece(
                    number, frame.offset(), frame.length(), 0, part.placement(), part.checksums(), Optional.empty());
        }

        void finish() throws IOException {
            if (open.isEmpty()) {
                return;
            }
            FinishedBundle bundle = open.get().finish();
            open = Optional.empty();
            StoredObject stored = bundle.object();
            store.putIfAbsent(keys.bundle(number), bundle.source());
            lines.add("{\"bundle\":" + number + ",\"id\":\"" + keys.id() + "\",\"number\":" + number + ",\"size\":"
                    + stored.sizeBytes() + ",\"sha256\":\"" + stored.sha256().hex() + "\",\"live\":1}");
        }
    }

    private List<BaseBackup.ManifestPart> storeManifest(ObjectStore store, Path work) throws IOException {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try (ManifestWriter writer = new ManifestWriter(work)) {
            for (ManifestEntry entry : entries) {
                writer.add(entry);
            }
            ManifestWriter.Parts parts = writer.parts();
            for (Optional<ManifestWriter.Part> part = parts.next(); part.isPresent(); part = parts.next()) {
                plain.write(part.get().text());
            }
        }
        plain.write(lines(rawLines));
        List<String> lines = plain.toString(StandardCharsets.UTF_8).lines().toList();
        List<BaseBackup.ManifestPart> parts = new ArrayList<>();
        for (int from = 0; from < lines.size(); from += linesInPart) {
            List<String> part = lines.subList(from, Math.min(lines.size(), from + linesInPart));
            int number = parts.size() + 1;
            StoredObject stored = container(
                    store, work, keys.manifestPart(number), ContainerKind.MANIFEST, keys.numbered(number), lines(part));
            parts.add(
                    new BaseBackup.ManifestPart(part.getFirst().replaceAll(".*\"path\":\"([^\"]*)\".*", "$1"), stored));
        }
        return parts;
    }

    private StoredObject container(
            ObjectStore store, Path work, ObjectKey key, ContainerKind kind, String name, byte[] plain)
            throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(kind, name, SYSTEM, encoding, ObjectSource.of(plain), work)) {
            store.putIfAbsent(key, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }

    private static byte[] lines(List<String> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    public static BackupCatalog catalog(ObjectStore store) {
        return catalog(store, PrivateKeys.NONE);
    }

    public static BackupCatalog catalog(ObjectStore store, PrivateKeys privateKeys) {
        return new BackupCatalog(store, privateKeys, CLUSTER, SYSTEM);
    }
}
