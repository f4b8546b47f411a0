// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/** Two repositories of one cluster, each in a store that a test may exchange for a worse one. */
final class TwoRepositories {
    static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    static final ClusterName CLUSTER = new ClusterName("main");
    static final String INCARNATION = CLUSTER + "/" + SYSTEM + "/";

    private static final Encoding ZSTD = Encoding.of(Codec.parse("zstd:1"));

    final ObjectStore[] stores;
    final boolean[] readsRepairs = new boolean[2];
    private final Path directory;
    private final RepositoryId[] ids;

    TwoRepositories(Path directory, ObjectStore first, ObjectStore second) throws IOException {
        this.directory = directory;
        this.stores = new ObjectStore[] {first, second};
        this.ids = new RepositoryId[] {register(first), register(second)};
    }

    private static RepositoryId register(ObjectStore store) throws IOException {
        Repository repository = Repository.create(store, Clock.systemUTC());
        repository.register(new ClusterIdentity(CLUSTER, SYSTEM, SIZE, 8192, 18), Clock.systemUTC());
        return repository.id();
    }

    static Segment segment(int timeline, int number) {
        return (Segment) WalFile.parse(String.format("%08X00000000%08X", timeline, number));
    }

    static byte[] wal(Segment segment, int seed) {
        return WalFixtures.segment(segment, SYSTEM, SIZE, seed);
    }

    static ObjectKey key(Segment segment) {
        String name = segment.name();
        return new ObjectKey(
                INCARNATION + "wal/" + name.substring(0, 8) + "/" + name.substring(8, 16) + "/" + segment.name());
    }

    ClusterArchive archive(int repository) throws IOException {
        Repository opened = Repository.open(stores[repository], Optional.of(ids[repository]));
        return (readsRepairs[repository] ? opened.withRepairs() : opened)
                .incarnation(CLUSTER, SYSTEM)
                .orElseThrow();
    }

    void put(int repository, Segment segment) throws IOException {
        put(repository, segment, wal(segment, 7), ZSTD);
    }

    void put(int repository, Segment segment, byte[] content) throws IOException {
        put(repository, segment, content, ZSTD);
    }

    void put(int repository, Segment segment, byte[] content, Encoding encoding) throws IOException {
        try (EncodedObject encoded = encoded(ContainerKind.WAL, segment, content, encoding)) {
            archive(repository).wal().put(segment, encoded);
        }
    }

    /** The first pages of a segment. */
    void putPartial(int repository, Segment segment, int pages) throws IOException {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment);
        byte[] content = WalFixtures.switchedAfter(pages, wal(segment, 7));
        try (EncodedObject encoded = encoded(ContainerKind.WAL, partial, content, ZSTD)) {
            archive(repository).wal().put(partial, segment.start(SIZE).plus(pages * 8192L), encoded);
        }
    }

    /** A history file, such as {@code 00000002.history}. */
    void putHistory(int repository, String name, String lines) throws IOException {
        WalFile.TimelineHistoryFile history = (WalFile.TimelineHistoryFile) WalFile.parse(name);
        byte[] content = lines.getBytes(StandardCharsets.US_ASCII);
        try (EncodedObject encoded = encoded(ContainerKind.HISTORY, history, content, ZSTD)) {
            archive(repository).wal().put(history, encoded);
        }
    }

    private EncodedObject encoded(ContainerKind kind, WalFile file, byte[] content, Encoding encoding)
            throws IOException {
        return ObjectEncoder.encode(kind, file.name(), SYSTEM, encoding, ObjectSource.of(content), directory);
    }

    boolean holds(int repository, Segment segment) throws IOException {
        return archive(repository).wal().contains(segment);
    }
}
