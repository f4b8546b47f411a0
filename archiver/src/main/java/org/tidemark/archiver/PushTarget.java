// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.core.SystemIdentifier;

/**
 * One repository that WAL is pushed to.
 *
 * @param name what the operator calls it
 * @param encoding of what is stored there
 * @param address by which a pause is remembered while it is not known which repository is there
 * @param identity which repository it must be: only for that one can something be queued until it answers
 */
public record PushTarget(String name, Encoding encoding, String address, Opening opening, Identity identity) {
    /** A repository of which nothing is known before it is opened; its name is its address. */
    public PushTarget(String name, Encoding encoding, Opening opening) {
        this(name, encoding, name, opening, Optional::empty);
    }

    /** A repository whose name is its address. */
    public PushTarget(String name, Encoding encoding, Opening opening, Identity identity) {
        this(name, encoding, name, opening, identity);
    }

    /** Whether what one of the two holds may be copied to the other as it is: it is encrypted to the same keys. */
    public boolean hasKeysOf(PushTarget other) {
        return encoding.encryption()
                .map(Object::toString)
                .equals(other.encoding().encryption().map(Object::toString));
    }

    /** Opens the archive of one incarnation of the cluster. */
    @FunctionalInterface
    public interface Opening {
        /**
         * The archive for {@code system}.
         *
         * @throws org.tidemark.core.UserFacingException if this incarnation is not registered, or there is no
         *     repository
         */
        ClusterArchive open(SystemIdentifier system) throws IOException;
    }

    /** Remembers repositories. */
    @FunctionalInterface
    public interface Identity {
        /** The id that this host saw at the repository's address before; the store is not asked. */
        Optional<RepositoryId> remembered();
    }

    /** The repositories from which an object is copied that is queued by its name alone. */
    @FunctionalInterface
    public interface Holders {
        /**
         * One of them.
         *
         * @param name what the operator calls it
         */
        record Holder(String name, PushTarget.Opening opening) {}

        /**
         * The repositories that may hold what {@code repository} held: that one first, if it is configured, whatever
         * its keys; then those whose objects are encrypted to the same keys as those of the repository that is filled.
         */
        List<Holder> startingWith(RepositoryId repository);
    }
}
