// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.ContainerHeader;
import org.tidemark.catalog.ContentDigests;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;

/**
 * What one repository still needs of one incarnation of a cluster, oldest first. Thread-safe, and safe between
 * processes: what another process delivered meanwhile is gone, and that is no error.
 */
public final class PendingQueue {
    private static final int MAX_TRIES = 1000;

    private final Spool spool;
    private final RepositoryId repository;
    private final ClusterName cluster;
    private final SystemIdentifier system;

    PendingQueue(Spool spool, RepositoryId repository, ClusterName cluster, SystemIdentifier system) {
        this.spool = spool;
        this.repository = repository;
        this.cluster = cluster;
        this.system = system;
    }

    /** The only repository that may get what is in here. */
    public RepositoryId repository() {
        return repository;
    }

    public ClusterName cluster() {
        return cluster;
    }

    public SystemIdentifier system() {
        return system;
    }

    /** What is to be delivered, in this order. */
    public List<PendingObject> pending() throws IOException {
        return objects(Spool.PENDING);
    }

    /**
     * What the repository will never take as it is: it has other content there, or takes only what is encrypted, or the
     * copy of this host is damaged.
     */
    public List<PendingObject> refused() throws IOException {
        return objects(Spool.REFUSED);
    }

    /** Whether nothing is to be delivered. */
    public boolean isEmpty() throws IOException {
        return Files.notExists(directory(Spool.PENDING)) || pending().isEmpty();
    }

    private Path directory(String part) {
        return spool.directory()
                .resolve(Spool.VERSION)
                .resolve(part)
                .resolve(repository.value())
                .resolve(cluster.value())
                .resolve(system.toString());
    }

    private List<PendingObject> objects(String part) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory(part))) {
            files = all.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
        List<PendingObject> objects = new ArrayList<>(files.size());
        for (Path file : files) {
            try {
                PendingObject.of(file).ifPresent(objects::add);
            } catch (NoSuchFileException e) {
                // Delivered meanwhile.
            }
        }
        objects.sort(Comparator.comparingLong(PendingObject::sequence).thenComparing(PendingObject::keyName));
        return objects;
    }

    /**
     * Keeps an object behind all others; durable when this returns. If the same content is kept already, that is
     * enough.
     *
     * @param keyName the last part of the object's key
     * @throws UserFacingException with WAL_CONFLICT if other content is kept for this key, SPOOL_FULL if the limit does
     *     not allow it, LOCAL_FILES if it cannot be written
     */
    public void add(String keyName, ContainerHeader header, ObjectSource stored) {
        try {
            SpoolWriter writer = new SpoolWriter(spool.directory(), directory(Spool.PENDING));
            Optional<PendingObject> known = known(keyName);
            if (known.isPresent() && hasContent(known.get(), header) && isDurable(known.get(), writer)) {
                return;
            }
            writer.removeLeftOvers();
            requireRoom(stored.sizeBytes());
            writer.begin(stored);
            try {
                long sequence = last() + 1;
                for (int tries = 1; !writer.name(PendingObject.fileName(sequence, keyName)); tries++) {
                    if (tries == MAX_TRIES) {
                        throw new IOException("no number is free after " + sequence);
                    }
                    sequence++;
                }
            } finally {
                writer.end();
            }
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot queue '" + keyName + "' for a lagging repository in '" + spool.directory() + "': "
                            + e.getMessage(),
                    "Is there room on this disk, and may this user write there? The file was not acknowledged.",
                    e);
        }
    }

    /** Whoever put it there may have died before it was durable. */
    private static boolean isDurable(PendingObject known, SpoolWriter writer) throws IOException {
        try {
            writer.makeDurable(known.file());
            return true;
        } catch (NoSuchFileException e) {
            return false; // delivered, or put aside, this very moment
        }
    }

    private Optional<PendingObject> known(String keyName) throws IOException {
        return Stream.concat(pending().stream(), refused().stream())
                .filter(each -> each.keyName().equals(keyName))
                .findFirst();
    }

    private boolean hasContent(PendingObject known, ContainerHeader header) throws IOException {
        ContainerHeader kept;
        try {
            kept = known.header();
        } catch (NoSuchFileException e) {
            return false; // delivered meanwhile; then it is delivered once more, which changes nothing
        } catch (DamagedObjectException e) {
            return false; // it will be put aside when its turn comes
        }
        Optional<String> before = kept.content().map(ContentDigests::plain).map(Object::toString);
        if (before.equals(header.content().map(ContentDigests::plain).map(Object::toString))) {
            return true;
        }
        throw new UserFacingException(
                ExitCode.WAL_CONFLICT,
                "'" + header.name() + "' was acknowledged before with different content, which is kept for repository "
                        + repository + " in '" + known.file() + "'",
                "Do two primaries archive to this cluster, or was the data directory replaced?");
    }

    private void requireRoom(long sizeBytes) throws IOException {
        long used = spool.usedBytes();
        if (used + sizeBytes > spool.limitBytes()) {
            throw new UserFacingException(
                    ExitCode.SPOOL_FULL,
                    "the spool is full: '" + spool.directory() + "' keeps " + used
                            + " bytes for lagging repositories, and" + " host.spool-limit is " + spool.limitBytes(),
                    "Repair the repository that is late (tidemark check names it) and run: tidemark sync. Or give the"
                            + " spool more by host.spool-limit.");
        }
    }

    private long last() throws IOException {
        return Stream.concat(pending().stream(), refused().stream())
                .mapToLong(PendingObject::sequence)
                .max()
                .orElse(0);
    }

    /** Forgets an object that the repository holds durably. */
    public void delivered(PendingObject object) throws IOException {
        // Not synced: if it comes back after a crash, it is delivered once more, which changes nothing.
        Files.deleteIfExists(object.file());
    }

    /** Puts an object aside that the repository will not take; its bytes stay. */
    public void refuse(PendingObject object) throws IOException {
        Path directory = directory(Spool.REFUSED);
        SpoolWriter.makeDirectories(spool.directory(), directory);
        try {
            Files.move(
                    object.file(),
                    directory.resolve(PendingObject.fileName(object.sequence(), object.keyName())),
                    StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return;
        }
        SpoolWriter.syncDirectory(directory);
        SpoolWriter.syncDirectory(directory(Spool.PENDING));
    }
}
