// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;

/**
 * A repository that does not exist: its listings are computed, so that ten million segments need no disk. One cluster
 * on one timeline without a hole, a backup for every so many segments, an hour apart. Answers take no time: what a
 * command needs is its own. Thread-safe.
 */
final class SimulatedStore extends DelegatingStore {
    private static final Instant BEGIN = Instant.parse("2025-09-01T00:00:00Z");
    private static final long SECONDS_BETWEEN = 3600;
    /** Far enough from 0/0 that all positions are written with the same number of digits. */
    private static final long FIRST_SEGMENT = 0x1000000;

    private static final int SEGMENT_BYTES = 1_234_567;
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    private static final ClusterIdentity CLUSTER =
            new ClusterIdentity(new ClusterName("main"), new SystemIdentifier(7_312_089_945_514_410L), SIZE, 8192, 15);
    private static final StoredObject SOMETHING = new StoredObject(1000, Sha256.of(new byte[0]));
    private static final List<String> DOCUMENTS = List.of("backup.json", "bundles", "intent.json");
    private static final String REQUESTS = "tidemark.simulated.requests";

    private final int backups;
    private final int segments;
    private final int documentBytes;
    private final List<Range> ranges;
    private final AtomicLong lists = new AtomicLong();
    private final AtomicLong opens = new AtomicLong();
    private final AtomicLong stats = new AtomicLong();

    /** Objects in order of their keys. */
    private record Range(String prefix, long count, LongFunction<String> key, LongFunction<ObjectInfo> info) {}

    SimulatedStore(int backups, int segments) {
        this(backups, segments, small());
    }

    private SimulatedStore(int backups, int segments, MemoryStore small) {
        super(small);
        this.backups = backups;
        this.segments = segments;
        this.documentBytes = document(0).length;
        IncarnationKeys keys = CLUSTER.keys();
        String wal = keys.timeline(Timeline.FIRST);
        this.ranges = List.of(
                new Range(keys.catalog(), 3L * backups, this::catalogKey, this::catalogObject),
                new Range(
                        wal,
                        segments,
                        index -> segmentKey(wal, index),
                        index ->
                                new ObjectInfo(new ObjectKey(segmentKey(wal, index)), SEGMENT_BYTES, storedAt(index))));
    }

    /** The documents of the repository and of the cluster, with the same id in each process. */
    private static MemoryStore small() {
        MemoryStore store = new MemoryStore(Clock.fixed(BEGIN, ZoneOffset.UTC));
        Map<String, Object> identity = new LinkedHashMap<>();
        identity.put("repositoryId", "6b7c4a0e-7a55-4b0c-9a57-0d2f6f1c7e11");
        identity.put("created", BEGIN.toString());
        try {
            store.putIfAbsent(new ObjectKey("tidemark.json"), ObjectSource.of(ChecksummedJson.write(identity)));
            Repository.open(store, Optional.empty()).register(CLUSTER, Clock.fixed(BEGIN, ZoneOffset.UTC));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return store;
    }

    /** As {@link IncarnationKeys} makes it, in a tenth of the time: the simulation should not be what is measured. */
    private static String segmentKey(String folder, long index) {
        HexFormat digits = HexFormat.of().withUpperCase();
        String timeline = digits.toHexDigits(1);
        String log = digits.toHexDigits((int) ((FIRST_SEGMENT + index) / SIZE.segmentsPerLog()));
        String place = digits.toHexDigits((int) ((FIRST_SEGMENT + index) % SIZE.segmentsPerLog()));
        return folder + log + "/" + timeline + log + place;
    }

    /** Segments are spread over the time of the backups. */
    private Instant storedAt(long index) {
        return BEGIN.plusMillis(index * backups * SECONDS_BETWEEN * 1000 / segments);
    }

    private static Instant started(long backup) {
        return BEGIN.plusSeconds(backup * SECONDS_BETWEEN);
    }

    private static BackupId id(long backup) {
        return BackupId.of(started(backup), 1);
    }

    private String catalogKey(long index) {
        return CLUSTER.keys().backup(id(index / 3)).documents() + DOCUMENTS.get((int) (index % 3));
    }

    private ObjectInfo catalogObject(long index) {
        return new ObjectInfo(
                new ObjectKey(catalogKey(index)),
                index % 3 == 0 ? documentBytes : 400,
                started(index / 3).plusSeconds(600));
    }

    /** All of them have the same length. */
    private byte[] document(long backup) {
        long segment = FIRST_SEGMENT + backup * segments / backups;
        WalRange wal = new WalRange(
                Timeline.FIRST,
                SIZE.start(segment / 256 * 256 + 128).plus(40),
                SIZE.start(segment / 256 * 256 + 128).plus(4096));
        return new BaseBackup(
                        id(backup),
                        BaseBackup.Type.FULL,
                        Optional.empty(),
                        new BaseBackup.Origin(CLUSTER.cluster(), CLUSTER.system(), 150019, SIZE, 8192, true),
                        new BaseBackup.Run(
                                "base-backup",
                                "db1",
                                BaseBackup.Source.PRIMARY,
                                "test",
                                started(backup),
                                started(backup).plusSeconds(600),
                                List.of()),
                        wal,
                        Optional.of(750_000_000_000L + backup),
                        new BaseBackup.Contents(41_207, 812L << 30, 209L << 30, List.of(), List.of(), 0),
                        new BaseBackup.Objects(
                                "0123456789abcdef0123456789abcdef",
                                Optional.empty(),
                                FingerprintKey.random(new Random(backup)),
                                SOMETHING,
                                List.of(SOMETHING, SOMETHING),
                                List.of(
                                        new ManifestPart("PG_VERSION", SOMETHING),
                                        new ManifestPart("base/5/16384", SOMETHING),
                                        new ManifestPart("base/5/20000", SOMETHING))))
                .encode();
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        lists.incrementAndGet();
        String from = after.map(ObjectKey::value).orElse("");
        List<ObjectInfo> page = new ArrayList<>();
        boolean more = false;
        for (Range range : ranges) {
            if (!range.prefix().startsWith(prefix) && !prefix.startsWith(range.prefix())) {
                continue;
            }
            long first = firstAfter(range, from, prefix);
            long end = firstAfter(range, prefix + "~", prefix); // '~' comes after every character that a key has.
            int room = limit - page.size();
            for (long at = first; at < Math.min(end, first + room); at++) {
                page.add(range.info().apply(at));
            }
            more |= end - first > room;
        }
        ObjectPage small = super.list(prefix, after, limit);
        if (small.objects().isEmpty()) {
            return new ObjectPage(page, more);
        }
        List<ObjectInfo> all = new ArrayList<>(page);
        all.addAll(small.objects());
        all.sort((a, b) -> a.key().compareTo(b.key()));
        boolean isCut = all.size() > limit;
        return new ObjectPage(isCut ? all.subList(0, limit) : all, isCut || more || small.more());
    }

    /** The place of the first key after {@code from} that is not before the prefix. */
    private static long firstAfter(Range range, String from, String prefix) {
        long low = 0;
        long high = range.count();
        while (low < high) {
            long middle = (low + high) >>> 1;
            String key = range.key().apply(middle);
            if (key.compareTo(from) <= 0 || key.compareTo(prefix) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        opens.incrementAndGet();
        if (key.name().equals("backup.json")) {
            String[] parts = key.value().split("/", -1);
            for (long low = 0, high = backups; low < high; ) {
                long middle = (low + high) >>> 1;
                int order = id(middle).value().compareTo(parts[parts.length - 2]);
                if (order == 0) {
                    return new ByteArrayInputStream(document(middle));
                }
                low = order < 0 ? middle + 1 : low;
                high = order < 0 ? high : middle;
            }
        }
        return super.open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        stats.incrementAndGet();
        for (Range range : ranges) {
            if (key.value().startsWith(range.prefix())) {
                long at = firstAfter(range, key.value().substring(0, key.value().length() - 1), range.prefix());
                for (; at < range.count() && range.key().apply(at).compareTo(key.value()) <= 0; at++) {
                    if (range.key().apply(at).equals(key.value())) {
                        return Optional.of(range.info().apply(at));
                    }
                }
            }
        }
        return super.stat(key);
    }

    @Override
    public String description() {
        return "a simulated repository";
    }

    /** Notes the requests in the file that the system property names. */
    @Override
    public void close() {
        String file = System.getProperty(REQUESTS, "");
        if (!file.isEmpty()) {
            try {
                Files.writeString(
                        Path.of(file), lists.get() + " lists, " + opens.get() + " reads, " + stats.get() + " stats");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        super.close();
    }
}
