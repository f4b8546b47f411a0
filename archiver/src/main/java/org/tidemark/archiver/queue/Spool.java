// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemIdentifier;

/**
 * The part of a host's spool that queues acknowledged files for lagging repositories. Its layout is fixed in
 * docs/design/spool.md. Thread-safe, and safe between processes.
 */
public final class Spool {
    /** A hint for those whose spool is full of what was refused. */
    public static final String REFUSED_STAYS = "What was refused counts as well, and sync does not empty it: decide"
            + " which content is right (docs/repair/conflict.md), then remove its files below v1/refused of the"
            + " spool.";

    private final Path directory;
    private final long limitBytes;

    /**
     * A spool; its directory is made when something is queued.
     *
     * @param directory the host's spool directory
     * @param limitBytes maximum of all queues together; each push under way may exceed it by one object
     */
    public Spool(Path directory, long limitBytes) {
        this.directory = directory;
        this.limitBytes = limitBytes;
    }

    Path directory() {
        return directory;
    }

    long limitBytes() {
        return limitBytes;
    }

    /** The queue of one repository. Another repository, at whatever address, never gets what is in it. */
    public PendingQueue queue(RepositoryId repository, ClusterName cluster, SystemIdentifier system) {
        return new PendingQueue(this, repository, cluster, system);
    }

    /** When a repository that failed is to be tried again. */
    public RetryPause pause(RepositoryId repository) {
        return new RetryPause(SpoolPart.PAUSE.in(directory), repository.value());
    }

    /** The same for one that this host has never seen, by the digest of its address, which may have a secret. */
    public RetryPause pauseOfUnknown(String address) {
        return new RetryPause(
                SpoolPart.PAUSE.in(directory),
                "address-" + Sha256.of(address.getBytes(StandardCharsets.UTF_8)).hex());
    }

    /** The histories that repositories were seen to hold. */
    public KnownHistories histories(Clock clock) {
        return new KnownHistories(directory, clock);
    }

    /** Every queue that is not empty, whether or not its repository is still configured. */
    public List<PendingQueue> queues() throws IOException {
        List<PendingQueue> queues = new ArrayList<>();
        List<Path> seen = new ArrayList<>();
        for (SpoolPart part : List.of(SpoolPart.PENDING, SpoolPart.REFUSED)) {
            Path root = part.in(directory);
            for (Path repository : children(root)) {
                for (Path cluster : children(repository)) {
                    for (Path system : children(cluster)) {
                        Path relative = root.relativize(system);
                        if (!seen.contains(relative)) {
                            seen.add(relative);
                            add(relative, queues);
                        }
                    }
                }
            }
        }
        return queues;
    }

    private void add(Path relative, List<PendingQueue> queues) throws IOException {
        PendingQueue queue;
        try {
            queue = queue(
                    new RepositoryId(relative.getName(0).toString()),
                    new ClusterName(relative.getName(1).toString()),
                    SystemIdentifier.parse(relative.getName(2).toString()));
        } catch (IllegalArgumentException e) {
            return; // nothing that this program made
        }
        if (!queue.isEmpty() || !queue.refused().isEmpty()) {
            queues.add(queue);
        }
    }

    private static List<Path> children(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isDirectory).sorted().toList();
        }
    }

    /** The bytes that all queues take, including leftovers of killed processes. */
    public long usedBytes() throws IOException {
        long used = 0;
        for (SpoolPart part : List.of(SpoolPart.PENDING, SpoolPart.REFUSED)) {
            used += sizeBelow(part.in(directory));
        }
        return used;
    }

    /** The bytes of it that refused objects take: no delivery frees them. */
    public long refusedBytes() throws IOException {
        return sizeBelow(SpoolPart.REFUSED.in(directory));
    }

    private static long sizeBelow(Path directory) throws IOException {
        String[] names = directory.toFile().list();
        if (names == null) {
            if (Files.isDirectory(directory)) {
                throw new AccessDeniedException(directory.toString());
            }
            return 0; // not made yet, or removed meanwhile
        }
        long used = 0;
        for (String name : names) {
            if (PendingObject.CopySource.isIn(name)) {
                continue; // an empty file, and there may be many of them
            }
            Path entry = directory.resolve(name);
            used += Files.isDirectory(entry) ? sizeBelow(entry) : entry.toFile().length();
        }
        return used;
    }
}
