// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.fetch.Recovery;
import org.tidemark.archiver.fetch.WalFetcher;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.fetch.WalSource;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/** A data directory with small segments, and a repository in memory that it archives to. */
public final class ArchiveFixture {
    public static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    public static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    public static final ClusterName CLUSTER = new ClusterName("main");
    public static final ControlFile CONTROL = control(SYSTEM);

    public final ObjectStore store;
    public final Path data;
    public Clock clock = Clock.systemUTC();

    public ArchiveFixture(Path data) throws IOException {
        this(data, new MemoryStore(Clock.systemUTC()));
    }

    public ArchiveFixture(Path data, ObjectStore store) throws IOException {
        this.data = data;
        this.store = store;
        Files.createDirectories(data.resolve("pg_wal"));
        Repository.create(store, Clock.systemUTC())
                .register(new ClusterIdentity(CLUSTER, SYSTEM, SIZE, 8192, 18), Clock.systemUTC());
    }

    public static ControlFile control(SystemIdentifier system) {
        Lsn zero = new Lsn(0);
        return new ControlFile(
                system,
                1800,
                202506291,
                18,
                ClusterState.IN_PRODUCTION,
                new ControlFile.Checkpoint(zero, zero, Timeline.FIRST, true, 3, Instant.EPOCH),
                new ControlFile.Recovery(zero, 0, zero, zero, false),
                new ControlFile.StandbySettings(1, 100, 8, 10, 0, 64),
                new ControlFile.Layout(8192, 131072, 8192, SIZE),
                1);
    }

    public ClusterArchive archive() throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(CLUSTER, SYSTEM)
                .orElseThrow();
    }

    public static Segment segment(int timeline, int number) {
        return (Segment) WalFile.parse(String.format("%08X00000000%08X", timeline, number));
    }

    public byte[] content(Segment segment) {
        return WalFixtures.segment(segment, SYSTEM, SIZE, 7);
    }

    /** Writes a file into pg_wal and pushes it, as PostgreSQL would have it done. */
    public void push(String name, byte[] content) throws IOException {
        pushAs(CONTROL, name, content);
    }

    public void pushAs(ControlFile control, String name, byte[] content) throws IOException {
        Path file = data.resolve("pg_wal").resolve(name);
        Files.write(file, content);
        new WalPusher(new PushTarget("memory", Encoding.of(Codec.parse("zstd:1")), system -> archive()), data, clock)
                .push(new PushRequest(WalFile.parse(name), file, control));
        Files.delete(file);
    }

    public void push(Segment... segments) throws IOException {
        for (Segment segment : segments) {
            push(segment.name(), content(segment));
        }
    }

    /** As an archive of an older release, or of another tool, may hold it. */
    public void storeWithoutItsHistory(Segment segment) throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.WAL,
                segment.name(),
                SYSTEM,
                Encoding.of(Codec.parse("zstd:1")),
                ObjectSource.of(content(segment)),
                data)) {
            archive().wal().put(segment, encoded);
        }
    }

    public void pushHistory(int timeline, String content) throws IOException {
        push(
                new WalFile.TimelineHistoryFile(new Timeline(timeline)).name(),
                content.getBytes(StandardCharsets.US_ASCII));
    }

    public Path target() {
        return data.resolve("pg_wal").resolve("RECOVERYXLOG");
    }

    public FetchRequest request(WalFile file, Optional<Timeline> timelineOption) {
        return new FetchRequest(
                file,
                target(),
                SYSTEM,
                SIZE,
                new Recovery(data.resolve("pg_wal"), timelineOption, Recovery.Absence.AT_THE_END),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {});
    }

    public FetchResult fetch(WalFile file, int timelineOption) throws InterruptedException {
        return fetch(request(file, Optional.of(new Timeline(timelineOption))));
    }

    public FetchResult fetch(FetchRequest request) throws InterruptedException {
        return fetcher().fetch(request);
    }

    public boolean fetchAhead(FetchRequest request) {
        return fetcher().fetchAhead((Segment) request.file(), request);
    }

    private WalFetcher fetcher() {
        return new WalFetcher(List.of(new WalSource("memory", () -> archive().wal())));
    }
}
