// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/** One file of each kind that PostgreSQL archives, made by hand: small enough to be pushed a thousand times. */
final class PushedWal {
    static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    static final Segment FIRST = segment(1, 1);
    static final Segment SECOND = segment(1, 2);
    static final Segment LAST_OF_PARENT = segment(1, 3);
    static final Segment FIRST_OF_CHILD = segment(2, 3);
    static final WalFile PARTIAL = WalFile.parse(LAST_OF_PARENT.name() + ".partial");
    static final WalFile HISTORY = WalFile.parse("00000002.history");
    static final WalFile BACKUP_HISTORY = WalFile.parse(SECOND.name() + ".00000028.backup");

    private static final WalOrigin ORIGIN = new WalOrigin(SYSTEM, 18, SIZE, Optional.empty());
    private static final ClusterName CLUSTER = new ClusterName("main");
    private static final Lsn SWITCH = LAST_OF_PARENT.start(SIZE).plus(3 * WalFixtures.PAGE_BYTES + 512);

    private final Map<WalFile, byte[]> content = new LinkedHashMap<>();
    private final Path directory;

    /** @param directory for the files, as long as they are pushed */
    PushedWal(Path directory) {
        this.directory = directory;
        byte[] parent = wal(LAST_OF_PARENT);
        content.put(FIRST, wal(FIRST));
        content.put(SECOND, wal(SECOND));
        content.put(BACKUP_HISTORY, text("""
                START WAL LOCATION: 0/200028 (file %1$s)
                STOP WAL LOCATION: 0/200130 (file %1$s)
                CHECKPOINT LOCATION: 0/200080
                BACKUP METHOD: streamed
                BACKUP FROM: primary
                START TIME: 2026-11-20 06:00:00 UTC
                LABEL: nightly
                START TIMELINE: 1
                STOP TIME: 2026-11-20 06:00:01 UTC
                STOP TIMELINE: 1
                """.formatted(SECOND.name())));
        content.put(PARTIAL, WalFixtures.switchedAfter(4, parent));
        content.put(HISTORY, text("1\t" + SWITCH + "\tno recovery target specified\n"));
        content.put(FIRST_OF_CHILD, WalFixtures.promoted(parent, FIRST_OF_CHILD.timeline(), SWITCH));
    }

    private static Segment segment(int timeline, long index) {
        return Segment.of(new Timeline(timeline), index, SIZE);
    }

    private static byte[] wal(Segment segment) {
        return WalFixtures.segment(segment, SYSTEM, SIZE, 7);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** What there is to push, in the order in which PostgreSQL would. */
    Map<WalFile, byte[]> content() {
        return content;
    }

    /** The content of a file. */
    byte[] of(WalFile file) {
        byte[] bytes = content.get(file);
        if (bytes == null) {
            throw new IllegalArgumentException(file.name());
        }
        return bytes;
    }

    static void prepare(ObjectStore store) throws IOException {
        Repository.create(store, Clock.systemUTC())
                .register(new ClusterIdentity(CLUSTER, SYSTEM, SIZE, 8192, 18), Clock.systemUTC());
    }

    static ClusterArchive archive(ObjectStore store) throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(CLUSTER, SYSTEM)
                .orElseThrow();
    }

    void push(WalFile file, ObjectStore store) throws IOException {
        Path path = directory.resolve(file.name());
        Files.write(path, of(file));
        PushTarget target = new PushTarget("memory", Encoding.of(Codec.parse("zstd:1")), system -> archive(store));
        new WalPusher(target, directory, Clock.systemUTC()).push(new PushRequest(file, path, ORIGIN));
    }
}
