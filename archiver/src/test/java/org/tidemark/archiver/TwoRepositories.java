// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.PushTarget.Holders;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.BacklogDelivery;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

/** Two repositories of one cluster, each in a store that a test may exchange for a worse one. */
public final class TwoRepositories {
    /** For tests that wait until it passes. */
    public static final Duration PATIENCE = Duration.ofMillis(500);

    /** The same of the limit; until then a repository that works must have answered. */
    public static final Duration LIMIT = Duration.ofSeconds(5);

    public final Path directory;
    public final ObjectStore[] stores;
    public final RepositoryId[] ids;
    /** More than any test queues. */
    public static final long SPOOL_LIMIT_BYTES = 4L << 30;

    public final String[] codecs = {"zstd:1", "zstd:1"};
    public final List<Optional<Recipients>> recipients = new ArrayList<>(List.of(Optional.empty(), Optional.empty()));
    public Spool spool;
    public Optional<RuntimeException> refusal = Optional.empty();
    public Clock clock = Clock.systemUTC();
    /** More than a repository that works needs on any machine, as the limit. */
    public Duration patience = Duration.ofSeconds(20);

    public Duration limit = Duration.ofSeconds(40);

    public TwoRepositories(Path directory, ObjectStore first, ObjectStore second) throws IOException {
        this.directory = directory;
        this.stores = new ObjectStore[] {first, second};
        this.ids = new RepositoryId[] {register(first), register(second)};
        this.spool = new Spool(directory.resolve("spool"), SPOOL_LIMIT_BYTES);
    }

    private static RepositoryId register(ObjectStore store) throws IOException {
        Repository repository = Repository.create(store, Clock.systemUTC());
        repository.register(
                new ClusterIdentity(ArchiveFixture.CLUSTER, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 8192, 18),
                Clock.systemUTC());
        return repository.id();
    }

    public ClusterArchive archive(int repository) throws IOException {
        return Repository.open(stores[repository], Optional.of(ids[repository]))
                .incarnation(ArchiveFixture.CLUSTER, ArchiveFixture.SYSTEM)
                .orElseThrow();
    }

    public PendingQueue queue(int repository) {
        return spool.queue(ids[repository], ArchiveFixture.CLUSTER, ArchiveFixture.SYSTEM);
    }

    /** What is kept for a repository, oldest first. */
    public List<String> kept(int repository) throws IOException {
        return queue(repository).pending().stream().map(each -> each.keyName()).toList();
    }

    public PushReport push(int acknowledge, Segment segment) throws IOException {
        return push(acknowledge, segment, WalFixtures.segment(segment, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 7));
    }

    public PushReport push(int acknowledge, WalFile wal, byte[] content) throws IOException {
        Path file = Files.write(directory.resolve(wal.name()), content);
        List<PushTarget> targets = List.of(target(0), target(1));
        return new WalPusher(
                        targets,
                        directory.resolve("spool"),
                        new Acknowledgement(acknowledge, spool, ArchiveFixture.CLUSTER, limit, patience, clock))
                .push(new PushRequest(wal, file, ArchiveFixture.CONTROL));
    }

    private PushTarget target(int repository) {
        return new PushTarget(
                repository == 0 ? "local" : "offsite",
                new Encoding(Codec.parse(codecs[repository]), recipients.get(repository)),
                system -> {
                    if (repository == 1 && refusal.isPresent()) {
                        throw refusal.get();
                    }
                    return archive(repository);
                },
                () -> Optional.of(ids[repository]));
    }

    public BacklogDelivery.DeliveryReport deliver(int repository) throws IOException {
        return delivery(repository).deliver(queue(repository).list(), 1000, () -> true);
    }

    public BacklogDelivery.DeliveryReport retryRefused(int repository) throws IOException {
        return delivery(repository).retryRefused();
    }

    public BacklogDelivery delivery(int repository) throws IOException {
        int other = 1 - repository;
        return new BacklogDelivery(
                queue(repository),
                archive(repository),
                id -> List.of(new Holders.Holder(other == 0 ? "local" : "offsite", system -> archive(other))),
                spool.histories(clock),
                clock);
    }

    public boolean holds(int repository, Segment segment) throws IOException {
        return archive(repository).wal().contains(segment);
    }

    public byte[] content(int repository, Segment segment) throws IOException {
        Optional<DecodedObject> found = archive(repository).wal().open(segment);
        try (InputStream in = found.orElseThrow()) {
            return in.readAllBytes();
        }
    }
}
