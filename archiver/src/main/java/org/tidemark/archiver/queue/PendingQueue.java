// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.queue.PendingObject.CopySource;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;

/**
 * The objects of one incarnation of a cluster that one repository still needs, oldest first. Thread-safe, and safe
 * between processes: what another process delivered meanwhile is gone, and that is no error.
 */
public final class PendingQueue {
    /** At one segment a second that is more than two days; the names of more would cost each push a second. */
    static final int MAX_NAMES = 200_000;

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

    /** The only repository that may get what is queued here. */
    public RepositoryId repository() {
        return repository;
    }

    public ClusterName cluster() {
        return cluster;
    }

    public SystemIdentifier system() {
        return system;
    }

    /** Reads the names of its files, and nothing else. */
    public QueueListing list() throws IOException {
        return QueueListing.of(directory(SpoolPart.PENDING), directory(SpoolPart.REFUSED));
    }

    /** The objects to deliver, in this order. */
    public List<PendingObject> pending() throws IOException {
        return list().pending();
    }

    /**
     * The objects that the repository will never take as they are: it has other content there, or takes only what is
     * encrypted, or the copy of this host is damaged, or no repository holds it any more.
     */
    public List<PendingObject> refused() throws IOException {
        return list().refused();
    }

    /** Whether nothing is to be delivered: what is there is not listed to its end. */
    public boolean isEmpty() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(SpoolPart.PENDING))) {
            for (Path file : files) {
                if (PendingObject.isOne(String.valueOf(file.getFileName()))) {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException e) {
            return true;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private Path directory(SpoolPart part) {
        return part.in(spool.directory())
                .resolve(repository.value())
                .resolve(cluster.value())
                .resolve(system.toString());
    }

    /**
     * Queues an object after all others; durable when this returns. If the same content is queued already, that is
     * enough.
     *
     * @param listed what {@link #list} gave, or this method for another object
     * @return what is queued then
     * @throws UserFacingException with WAL_CONFLICT if other content is queued under this name, SPOOL_FULL if the limit
     *     does not allow it, LOCAL_FILES if it cannot be written, as on a full disk
     */
    public QueueListing add(QueueListing listed, Addition object) {
        try {
            SpoolWriter writer = new SpoolWriter(spool.directory(), directory(SpoolPart.PENDING));
            Optional<PendingObject> known = listed.find(object.keyName());
            if (known.isPresent() && hasContent(known.get(), object) && isDurable(known.get(), writer)) {
                return listed;
            }
            return listed.with(
                    switch (object) {
                        case Addition.Name name -> addName(writer, listed, name);
                        case Addition.Bytes bytes -> addBytes(writer, listed, bytes);
                    });
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot queue '" + object.keyName() + "' in '" + spool.directory() + "': " + e.getMessage(),
                    "Is there room on this disk, and may this user write there?",
                    e);
        }
    }

    private String addName(SpoolWriter writer, QueueListing listed, Addition.Name name) throws IOException {
        if (listed.size() >= MAX_NAMES) {
            throw new UserFacingException(
                    ExitCode.SPOOL_FULL,
                    listed.size() + " files wait for repository " + repository + ", and no more names are queued",
                    "Repair the repository, then run: tidemark sync. It compares what the repositories hold, and copies"
                            + " what is not queued as well.");
        }
        return numbered(listed, name, writer::create);
    }

    private String addBytes(SpoolWriter writer, QueueListing listed, Addition.Bytes bytes) throws IOException {
        writer.removeLeftOvers();
        requireRoom(bytes.stored().sizeBytes());
        writer.begin(bytes.stored());
        try {
            return numbered(listed, bytes, writer::name);
        } finally {
            writer.end();
        }
    }

    /** Makes a file durable under a name, or finds that the name is taken. */
    private interface Naming {
        boolean name(String fileName) throws IOException;
    }

    private static String numbered(QueueListing listed, Addition object, Naming naming) throws IOException {
        long first = listed.last() + 1;
        for (long sequence = first; sequence < first + MAX_TRIES; sequence++) {
            String fileName = PendingObject.fileName(sequence, object.keyName(), object.held());
            if (naming.name(fileName)) {
                return fileName;
            }
        }
        throw new IOException("no number is free after " + first);
    }

    /** The process that put it there may have died before it was durable. */
    private static boolean isDurable(PendingObject known, SpoolWriter writer) throws IOException {
        try {
            writer.makeDurable(known.file());
            return true;
        } catch (NoSuchFileException e) {
            return false; // delivered, or put aside, this very moment
        }
    }

    private boolean hasContent(PendingObject known, Addition object) throws IOException {
        try {
            if (known.isOf(object.plain())) {
                return true;
            }
        } catch (NoSuchFileException e) {
            return false; // delivered meanwhile; then it is delivered once more, which changes nothing
        } catch (DamagedObjectException e) {
            return false; // it will be put aside when its turn comes
        }
        throw new UserFacingException(
                ExitCode.WAL_CONFLICT,
                "'" + object.keyName() + "' was acknowledged before with different content, which is queued for"
                        + " repository " + repository + " in '" + known.file() + "'",
                "Two primaries archive to this cluster, or the data directory was replaced: see"
                        + " docs/repair/conflict.md.");
    }

    private void requireRoom(long sizeBytes) throws IOException {
        long used = spool.usedBytes();
        if (used + sizeBytes > spool.limitBytes()) {
            long refused = spool.refusedBytes();
            throw new UserFacingException(
                    ExitCode.SPOOL_FULL,
                    "the spool is full: '" + spool.directory() + "' keeps " + used
                            + " bytes for lagging repositories"
                            + (refused == 0 ? "" : ", " + refused + " bytes of it were refused")
                            + ", and host.spool-limit is " + spool.limitBytes(),
                    "See which repository lags with: tidemark check. Repair it and run: tidemark sync. Or raise"
                            + " host.spool-limit." + (refused == 0 ? "" : " " + Spool.REFUSED_STAYS));
        }
    }

    /** Forgets an object that the repository holds durably. */
    public void delivered(PendingObject object) throws IOException {
        // Not synced: if it comes back after a crash, it is delivered once more, which changes nothing.
        Files.deleteIfExists(object.file());
    }

    /** Removes objects that nobody is to deliver any more; durable when this returns. */
    public void forget(List<PendingObject> objects) throws IOException {
        for (PendingObject object : objects) {
            Files.deleteIfExists(object.file());
        }
        for (SpoolPart part : List.of(SpoolPart.PENDING, SpoolPart.REFUSED)) {
            if (Files.isDirectory(directory(part))) {
                SpoolWriter.syncDirectory(directory(part));
            }
        }
    }

    /** Puts an object aside that the repository will not take; its file stays as it is. */
    public void refuse(PendingObject object) throws IOException {
        Path directory = directory(SpoolPart.REFUSED);
        SpoolWriter.makeDirectories(spool.directory(), directory);
        try {
            Files.move(object.file(), directory.resolve(object.file().getFileName()), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return;
        }
        SpoolWriter.syncDirectory(directory);
        SpoolWriter.syncDirectory(directory(SpoolPart.PENDING));
    }

    /**
     * Moves all that is queued to the repository that replaced this one: that one lacks it as well.
     *
     * @return whether nothing is left here; where the new one has a queue already, nothing is moved
     */
    public boolean handOver(RepositoryId successor) throws IOException {
        PendingQueue to = spool.queue(successor, cluster, system);
        boolean all = true;
        for (SpoolPart part : List.of(SpoolPart.PENDING, SpoolPart.REFUSED)) {
            Path from = directory(part);
            Path target = to.directory(part);
            if (!Files.isDirectory(from)) {
                continue;
            }
            if (Files.exists(target)) {
                all = false;
                continue;
            }
            Path parent = target.resolveSibling("");
            SpoolWriter.makeDirectories(spool.directory(), parent);
            Files.move(from, target, StandardCopyOption.ATOMIC_MOVE);
            SpoolWriter.syncDirectory(parent);
        }
        return all;
    }

    /** An object to queue for a repository. */
    public sealed interface Addition {
        /** The last part of the object's key, see {@link org.tidemark.catalog.wal.WalArchive#keyName}. */
        String keyName();

        /** The digest of the plain content. */
        Sha256 plain();

        /** An object with all its bytes, for nobody else holds them. */
        record Bytes(String keyName, ContainerHeader header, ObjectSource stored) implements Addition {
            @Override
            public Sha256 plain() {
                return header.content().map(ContentDigests::plain).orElseThrow();
            }
        }

        /** The name of an object that {@code holder} holds durably: that takes no room. */
        record Name(String keyName, Sha256 plain, RepositoryId holder) implements Addition {}

        /** How the name of its file ends. */
        default Optional<CopySource> held() {
            return this instanceof Name name ? Optional.of(CopySource.of(name.holder(), plain())) : Optional.empty();
        }
    }
}
