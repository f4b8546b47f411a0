// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.PushTarget.Holders;
import org.tidemark.archiver.queue.PendingObject.CopySource;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.VerifiedSource;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * The bytes of what was queued by its name, in a repository that holds them: they are compared with their digest while
 * they are read, so that nothing else is stored elsewhere.
 */
record RemoteCopySource(ContainerHeader header, VerifiedSource source) {
    /** Opens the archive of the cluster in another repository. */
    @FunctionalInterface
    interface Archives {
        ClusterArchive of(Holders.Holder holder) throws IOException;
    }

    /**
     * Looks for the object, in one repository after the other.
     *
     * @param archives opens each of them once
     * @throws RemovedFromHolderException if each of them answered, none has it, and an expiry removed it from one
     * @throws DamagedObjectException if each of them answered, and none has it intact
     * @throws UserFacingException with STORE_UNAVAILABLE if one that may have it did not answer
     */
    static RemoteCopySource find(PendingObject object, Holders holders, Archives archives)
            throws IOException, RemovedFromHolderException {
        CopySource held = object.held().orElseThrow();
        List<String> problems = new ArrayList<>();
        Optional<UserFacingException> unanswered = Optional.empty();
        Optional<RemovedFromHolderException> removed = Optional.empty();
        for (Holders.Holder holder : holders.startingWith(held.repository())) {
            try {
                Optional<RemoteCopySource> found = read(object.keyName(), archives.of(holder), held);
                if (found.isPresent()) {
                    return found.get();
                }
                problems.add("'" + holder.name() + "' holds different content");
            } catch (ObjectMissing e) {
                problems.add("'" + holder.name() + "' does not have it");
                if (removed.isEmpty()) {
                    removed = removal(object, holder, archives);
                }
            } catch (DamagedObjectException e) {
                problems.add("in '" + holder.name() + "' " + e.getMessage());
            } catch (IOException | UserFacingException e) {
                UserFacingException why = StorageErrors.explain(e);
                if (why.exitCode() == ExitCode.WRONG_CLUSTER) {
                    problems.add("the cluster is not registered in '" + holder.name() + "'");
                } else {
                    unanswered = unanswered.or(() -> Optional.of(doesNotAnswer(object, holder, why)));
                }
            }
        }
        if (unanswered.isPresent()) {
            throw unanswered.get();
        }
        if (removed.isPresent()) {
            throw removed.get();
        }
        throw new DamagedObjectException(
                new ObjectKey(object.keyName()),
                "repository " + held.repository()
                        + (problems.isEmpty()
                                ? " holds it, but is not configured here"
                                : " held it, and no repository holds it now: " + String.join("; ", problems)));
    }

    /** Whether an expiry removed it from a repository: then its absence is no damage. */
    private static Optional<RemovedFromHolderException> removal(
            PendingObject object, Holders.Holder holder, Archives archives) throws IOException {
        Optional<Segment> segment = segment(object.keyName());
        if (segment.isEmpty()) {
            return Optional.empty();
        }
        for (RemovedWal range : archives.of(holder).wal().gaps().removed()) {
            if (range.contains(segment.get())) {
                return Optional.of(new RemovedFromHolderException(segment.get(), holder.name(), range));
            }
        }
        return Optional.empty();
    }

    /** The segment of an object of WAL. */
    private static Optional<Segment> segment(String keyName) {
        Optional<Segment> partial = StoredPartial.parse(new ObjectKey(keyName)).map(StoredPartial::segment);
        return partial.isPresent() || !(WalFile.parse(keyName) instanceof Segment segment)
                ? partial
                : Optional.of(segment);
    }

    /** An expiry removed it before it could be copied, from the last repository that held it. */
    static final class RemovedFromHolderException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Segment segment;

        RemovedFromHolderException(Segment segment, String holder, RemovedWal range) {
            super("the retention of '" + holder + "' removed it at " + UtcTime.seconds(range.at())
                    + ", before it could be delivered");
            this.segment = segment;
        }

        Segment segment() {
            return segment;
        }

        String problem() {
            return String.valueOf(getMessage());
        }
    }

    /** What was queued, or what takes its place since: empty if that has other content. */
    private static Optional<RemoteCopySource> read(String keyName, ClusterArchive archive, CopySource held)
            throws IOException {
        try {
            RemoteCopySource stored = of(keyName, archive, archive.repository().store());
            if (held.isOf(stored.plain())) {
                return Optional.of(stored);
            }
        } catch (DamagedObjectException e) {
            // It may have a copy.
        }
        RemoteCopySource accepted =
                of(keyName, archive, new RepairedStore(archive.repository().objects()));
        return held.isOf(accepted.plain()) ? Optional.of(accepted) : Optional.empty();
    }

    /** @throws ObjectMissing if the repository was found to be there, and the object was not */
    static RemoteCopySource of(String keyName, ClusterArchive archive) throws IOException {
        return of(keyName, archive, archive.repository().store());
    }

    private static RemoteCopySource of(String keyName, ClusterArchive archive, ObjectStore store) throws IOException {
        ObjectKey key = archive.wal().key(keyName);
        ContainerKind kind = keyName.endsWith(".history") ? ContainerKind.HISTORY : ContainerKind.WAL;
        String name =
                StoredPartial.parse(key).map(partial -> partial.file().name()).orElse(keyName);
        SystemIdentifier system = archive.identity().system();
        ContainerHeader header;
        try {
            header = ObjectDecoder.header(store, key, kind, name, system);
        } catch (ObjectMissing e) {
            archive.repository().confirmPresent();
            throw e;
        }
        ContentDigests digests =
                header.content().orElseThrow(() -> new DamagedObjectException(key, "its header has no digests"));
        return new RemoteCopySource(
                header,
                VerifiedSource.container(
                        store, key, header.encode().length + digests.storedSize(), kind, name, system));
    }

    Sha256 plain() {
        return header.content().map(ContentDigests::plain).orElseThrow();
    }

    private static UserFacingException doesNotAnswer(
            PendingObject object, Holders.Holder holder, UserFacingException why) {
        return new UserFacingException(
                ExitCode.STORE_UNAVAILABLE,
                "'" + object.keyName() + "' is to be copied from '" + holder.name() + "': " + why.getMessage(),
                why.hint(),
                why);
    }
}
