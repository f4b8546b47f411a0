// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart.OfAnother;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Placement.Pages;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.PathBytes;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/**
 * Backups made without a server, each of which stores what differs from the one before and refers to the frames of
 * older ones for the rest, as the format's page describes it. Every choice that the format leaves is a random one: how
 * many pages a piece has, and which pieces share a frame and a bundle. They say that they are full ones, since no
 * program reads another type. Not thread-safe.
 */
public final class ReferringBackups {
    public static final ClusterName CLUSTER = new ClusterName("main");
    public static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    public static final WalSegmentSize SEGMENT_SIZE = new WalSegmentSize(1 << 20);

    private static final String NONCE = "00ff";

    /** The files of the next backup, by their paths. */
    public final SortedMap<String, byte[]> files = new TreeMap<>();

    private final ObjectStore store;
    private final Path work;
    private final Random random;
    private final int pageSize;
    private Encoding encoding = Encoding.of(Codec.parse("zstd:1"));
    private FingerprintKey key;
    private UnaryOperator<String> manifestLine = UnaryOperator.identity();
    private UnaryOperator<String> bundleLine = UnaryOperator.identity();
    private int backups;

    /** Of the last backup, and in the first one nothing. */
    private Map<String, StoredFile> last = Map.of();

    private SortedMap<Integer, BundleRef> bundles = new TreeMap<>();
    private Map<String, ManifestPart> parts = Map.of();
    private int lastBundle;

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record StoredFile(byte[] content, List<Piece> pieces) {}

    /** Bytes that a backup stores, and the place among the pieces of its file that waits for them. */
    private record NewPiece(String path, Placement placement) {}

    /** Registers the cluster in an empty store. */
    public ReferringBackups(ObjectStore store, Path work, Random random, int pageSize) throws IOException {
        this.store = store;
        this.work = work;
        this.random = random;
        this.pageSize = pageSize;
        this.key = FingerprintKey.random(random);
        Repository.create(store, Clock.systemUTC()).register(identity(), Clock.systemUTC());
    }

    private ClusterIdentity identity() {
        return new ClusterIdentity(CLUSTER, SYSTEM, SEGMENT_SIZE, pageSize, 15);
    }

    public ClusterArchive archive() throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(CLUSTER, SYSTEM)
                .orElseThrow();
    }

    /** What follows is stored with it. */
    public ReferringBackups encoding(Encoding next) {
        encoding = next;
        return this;
    }

    /** What follows has another key, against the rule. */
    public ReferringBackups anotherKey() {
        key = FingerprintKey.random(random);
        return this;
    }

    /** The lines of the next manifests are written as this gives them. */
    public ReferringBackups forgeManifest(UnaryOperator<String> forge) {
        manifestLine = forge;
        return this;
    }

    /** The lines of the next lists of bundles; one that becomes empty is left out. */
    public ReferringBackups forgeBundles(UnaryOperator<String> forge) {
        bundleLine = forge;
        return this;
    }

    /** Publishes a backup that refers to nothing. */
    public BaseBackup full(Instant at) throws IOException {
        last = Map.of();
        bundles = new TreeMap<>();
        parts = Map.of();
        lastBundle = 0;
        return backup(at);
    }

    /** Publishes a backup that refers to what the one before it has. */
    public BaseBackup backup(Instant at) throws IOException {
        BackupKeys keys = new BackupKeys(CLUSTER, SYSTEM, BackupId.of(at, 1));
        backups++;
        WalRange wal = archiveWal();
        Map<String, List<Piece>> pieces = new TreeMap<>();
        List<NewPiece> wanted = new ArrayList<>();
        files.forEach((path, content) -> pieces.put(path, new ArrayList<>(compose(path, content, wanted))));
        storeNew(keys, wanted, pieces);
        SortedMap<Integer, Long> live = new TreeMap<>();
        Map<String, StoredFile> now = new HashMap<>();
        for (Map.Entry<String, List<Piece>> each : pieces.entrySet()) {
            for (Piece piece : each.getValue()) {
                live.merge(piece.bundle(), written(piece), Long::sum);
            }
            now.put(each.getKey(), new StoredFile(content(each.getKey()).clone(), each.getValue()));
        }
        bundles.keySet().retainAll(live.keySet());
        bundles.replaceAll((number, each) ->
                new BundleRef(number, each.id(), each.number(), each.object(), live.getOrDefault(number, 0L)));
        Set<BackupId> parents = new TreeSet<>();
        bundles.values().forEach(each -> parents.add(each.id()));
        List<ManifestPart> manifest = storeManifest(keys, pieces);
        manifest.forEach(part -> part.shared().ifPresent(shared -> parents.add(shared.id())));
        parents.remove(keys.id());
        put(keys.intent(), new Intent(keys.id(), NONCE, "db1", at, Optional.empty(), List.copyOf(parents)).encode());
        BaseBackup backup = describe(keys, at, wal, manifest);
        put(keys.backup(), backup.encode());
        last = now;
        return backup;
    }

    private byte[] content(String path) {
        return Objects.requireNonNull(files.get(path));
    }

    /** Two segments of its own. */
    private WalRange archiveWal() throws IOException {
        WalRange wal = new WalRange(
                Timeline.FIRST,
                SEGMENT_SIZE.start(2L * backups).plus(100),
                SEGMENT_SIZE.start(2L * backups + 1).plus(100));
        for (Segment segment : wal.segments(SEGMENT_SIZE).toList()) {
            byte[] content = WalFixtures.segment(segment, SYSTEM, SEGMENT_SIZE, 1);
            try (EncodedObject encoded = encode(ContainerKind.WAL, segment.name(), content)) {
                archive().wal().put(segment, encoded);
            }
        }
        return wal;
    }

    /** The pieces that stay; what they lack is added to {@code wanted}. */
    private List<Piece> compose(String path, byte[] content, List<NewPiece> wanted) {
        StoredFile old = last.get(path);
        if (old != null && Arrays.equals(old.content(), content)) {
            return old.pieces();
        }
        if (old == null || content.length % pageSize != 0 || old.content().length % pageSize != 0) {
            int most = pageSize * (1 + random.nextInt(16));
            for (int at = 0; at < content.length; at += most) {
                wanted.add(new NewPiece(path, new Range(at, Math.min(most, content.length - at))));
            }
            return List.of();
        }
        SortedSet<Integer> unchanged = new TreeSet<>();
        for (int page = 0; page < content.length / pageSize; page++) {
            int from = page * pageSize;
            if (from < old.content().length
                    && Arrays.equals(content, from, from + pageSize, old.content(), from, from + pageSize)
                    // A page may also be stored again although it is the same.
                    && random.nextInt(50) > 0) {
                unchanged.add(page);
            }
        }
        SortedSet<Integer> changed = new TreeSet<>();
        for (int page = 0; page < content.length / pageSize; page++) {
            if (!unchanged.contains(page)) {
                changed.add(page);
            }
        }
        wantPages(path, changed, wanted);
        List<Piece> kept = new ArrayList<>();
        for (Piece piece : old.pieces()) {
            SortedSet<Integer> except = pages(piece.placement().stretches());
            except.removeAll(common(pages(piece.written()), unchanged));
            if (except.isEmpty()) {
                kept.add(piece);
            } else if (except.size() < piece.size() / pageSize) {
                kept.add(piece.with(Optional.of(list(except)), Optional.empty()));
            }
        }
        return kept;
    }

    private void wantPages(String path, SortedSet<Integer> changed, List<NewPiece> wanted) {
        while (!changed.isEmpty()) {
            SortedSet<Integer> some = new TreeSet<>();
            int most = 1 + random.nextInt(6);
            for (int page : changed) {
                if (some.size() == most) {
                    break;
                }
                if (random.nextInt(4) > 0) {
                    some.add(page);
                }
            }
            if (!some.isEmpty()) {
                boolean isRange = some.last() - some.first() + 1 == some.size() && random.nextBoolean();
                wanted.add(new NewPiece(
                        path,
                        isRange
                                ? new Range((long) some.first() * pageSize, some.size() * pageSize)
                                : new Pages(list(some))));
                changed.removeAll(some);
            }
        }
    }

    private SortedSet<Integer> pages(List<Stretch> stretches) {
        SortedSet<Integer> pages = new TreeSet<>();
        for (Stretch each : stretches) {
            for (long at = each.at(); at < each.end(); at += pageSize) {
                pages.add((int) (at / pageSize));
            }
        }
        return pages;
    }

    private static Set<Integer> common(Set<Integer> some, Set<Integer> others) {
        Set<Integer> common = new HashSet<>(some);
        common.retainAll(others);
        return common;
    }

    private PageList list(SortedSet<Integer> pages) {
        List<PageList.Run> runs = new ArrayList<>();
        for (int page : pages) {
            if (!runs.isEmpty() && runs.getLast().first() + runs.getLast().count() == page) {
                PageList.Run run = runs.removeLast();
                runs.add(new PageList.Run(run.first(), run.count() + 1));
            } else {
                runs.add(new PageList.Run(page, 1));
            }
        }
        return new PageList(pageSize, runs);
    }

    private static long written(Piece piece) {
        return piece.written().stream().mapToLong(Stretch::sizeBytes).sum();
    }

    /** Each frame holds pieces of different files, each bundle some frames. */
    private void storeNew(BackupKeys keys, List<NewPiece> wanted, Map<String, List<Piece>> pieces) throws IOException {
        Frame.Encoder encoder = new Frame.Encoder(encoding.codec(), key, 8192);
        List<NewPiece> left = new ArrayList<>(wanted);
        int number = 0;
        while (!left.isEmpty()) {
            number++;
            lastBundle++;
            BundleWriter bundle =
                    new BundleWriter(keys, number, encoding, BundleWriter.DEFAULT_SIZE_BYTES, new BlockPool());
            for (int frames = 1 + random.nextInt(6); frames > 0 && !left.isEmpty(); frames--) {
                storeFrame(encoder, bundle, left, pieces);
            }
            try (FinishedBundle finished = bundle.finish()) {
                store.putIfAbsent(keys.bundle(number), finished.source());
                bundles.put(lastBundle, new BundleRef(lastBundle, keys.id(), number, finished.object(), 0));
            }
        }
    }

    private void storeFrame(
            Frame.Encoder encoder, BundleWriter bundle, List<NewPiece> left, Map<String, List<Piece>> pieces)
            throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        Map<String, NewPiece> inFrame = new LinkedHashMap<>();
        List<PlainPart> plain = new ArrayList<>();
        int most = 1 + random.nextInt(4);
        for (NewPiece each : left) {
            if (inFrame.size() < most && inFrame.putIfAbsent(each.path(), each) == null) {
                plain.add(new PlainPart(each.path(), each.placement(), data.size()));
                for (Stretch stretch : each.placement().stretches()) {
                    data.write(content(each.path()), (int) stretch.at(), stretch.sizeBytes());
                }
            }
        }
        left.removeAll(inFrame.values());
        Frame frame = bundle.add(encoder.encode(data.toByteArray(), data.size(), plain));
        for (int i = 0; i < plain.size(); i++) {
            Frame.FramePart part = frame.parts().get(i);
            pieces.computeIfAbsent(part.path(), any -> new ArrayList<>())
                    .add(new Piece(
                            lastBundle,
                            frame.offset(),
                            frame.length(),
                            plain.get(i).offset(),
                            part.placement(),
                            part.checksums(),
                            Optional.empty()));
        }
    }

    /** A part is the parent's where its lines are the same. */
    private List<ManifestPart> storeManifest(BackupKeys keys, Map<String, List<Piece>> pieces) throws IOException {
        List<ManifestPart> all = new ArrayList<>();
        Map<String, ManifestPart> now = new HashMap<>();
        int own = 0;
        for (List<ManifestEntry> each : dividedManifest(pieces)) {
            StringBuilder text = new StringBuilder();
            for (ManifestEntry entry : each) {
                text.append(manifestLine.apply(new String(ManifestLine.encode(entry), StandardCharsets.UTF_8)));
            }
            ManifestPart known = parts.get(text.toString());
            if (known == null) {
                own++;
                known = new ManifestPart(
                        each.getFirst().path(),
                        store(
                                keys.manifestPart(own),
                                ContainerKind.MANIFEST,
                                keys.numbered(own),
                                text.toString().getBytes(StandardCharsets.UTF_8)));
                now.put(
                        text.toString(),
                        new ManifestPart(known.first(), known.object(), Optional.of(new OfAnother(keys.id(), own))));
            } else {
                now.put(text.toString(), known);
            }
            all.add(known);
        }
        parts = now;
        return all;
    }

    /** Some paths begin a part, always the same ones. */
    private List<List<ManifestEntry>> dividedManifest(Map<String, List<Piece>> pieces) {
        TreeMap<String, ManifestEntry> entries = new TreeMap<>(ManifestEntry.PATH_ORDER);
        for (Map.Entry<String, List<Piece>> each : pieces.entrySet()) {
            for (int slash = each.getKey().indexOf('/');
                    slash > 0;
                    slash = each.getKey().indexOf('/', slash + 1)) {
                String directory = each.getKey().substring(0, slash);
                entries.put(directory, new DirectoryEntry(directory, 0700));
            }
            entries.put(each.getKey(), entry(each.getKey(), each.getValue()));
        }
        List<List<ManifestEntry>> divided = new ArrayList<>();
        for (ManifestEntry entry : entries.values()) {
            if (divided.isEmpty() || PathBytes.encode(entry.path())[entry.path().length() - 1] % 3 == 0) {
                divided.add(new ArrayList<>());
            }
            divided.getLast().add(entry);
        }
        return divided;
    }

    private FileEntry entry(String path, List<Piece> pieces) {
        byte[] content = content(path);
        boolean isWhole = pieces.stream()
                .allMatch(each ->
                        each.placement() instanceof Range && each.except().isEmpty());
        if (isWhole) {
            pieces.sort((a, b) -> Long.compare(
                    a.written().getFirst().at(), b.written().getFirst().at()));
        }
        CRC32C crc = new CRC32C();
        crc.update(content);
        return new FileEntry(
                path,
                0600,
                content.length,
                Instant.EPOCH,
                isWhole ? OptionalInt.of((int) crc.getValue()) : OptionalInt.empty(),
                pieces);
    }

    private BaseBackup describe(BackupKeys keys, Instant at, WalRange wal, List<ManifestPart> manifest)
            throws IOException {
        StringBuilder list = new StringBuilder();
        bundles.values()
                .forEach(each -> list.append(bundleLine.apply(new String(each.encode(), StandardCharsets.UTF_8))));
        StoredObject bundleList = store(
                keys.bundles(),
                ContainerKind.BUNDLES,
                keys.id().value(),
                list.toString().getBytes(StandardCharsets.UTF_8));
        StoredObject postgresManifest =
                store(keys.postgresManifest(1), ContainerKind.BACKUP_MANIFEST, keys.numbered(1), new byte[] {'{', '}'});
        long bytes =
                files.values().stream().mapToLong(content -> content.length).sum();
        return new BaseBackup(
                keys.id(),
                BaseBackup.Type.FULL,
                Optional.empty(),
                new BaseBackup.Origin(CLUSTER, SYSTEM, 150000, SEGMENT_SIZE, pageSize, true),
                new BaseBackup.Run("base-backup", "db1", BaseBackup.Source.PRIMARY, "test", at, at, List.of()),
                wal,
                Optional.empty(),
                new BaseBackup.Contents(
                        files.size(),
                        bytes,
                        bundles.values().stream()
                                .mapToLong(each -> each.object().sizeBytes())
                                .sum(),
                        List.of(),
                        List.of(),
                        0),
                new BaseBackup.Objects(
                        NONCE, encoding.encryption(), key, bundleList, List.of(postgresManifest), manifest));
    }

    private StoredObject store(ObjectKey name, ContainerKind kind, String inHeader, byte[] content) throws IOException {
        try (EncodedObject encoded = encode(kind, inHeader, content)) {
            store.putIfAbsent(name, encoded.source());
            return StoredObject.of(encoded.source());
        }
    }

    private EncodedObject encode(ContainerKind kind, String name, byte[] content) throws IOException {
        return ObjectEncoder.encode(kind, name, SYSTEM, encoding, ObjectSource.of(content), work);
    }

    private void put(ObjectKey name, byte[] content) throws IOException {
        store.putIfAbsent(name, ObjectSource.of(content));
    }
}
