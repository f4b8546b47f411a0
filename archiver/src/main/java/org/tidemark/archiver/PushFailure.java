// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.NotEncryptedException;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;

/** What kind of a failure keeps a repository from having an object. */
final class PushFailure {
    private PushFailure() {}

    /**
     * Whether the repository is late rather than of another opinion: it is down, slow, full, unmounted, or its rights
     * are wrong, so that it may take the object when it is repaired. Everything else (other content under this name, a
     * cluster that is not registered, something in the clear where all is to be encrypted) needs a decision, and must
     * not be put off in silence.
     */
    static boolean mayComeLater(Exception failure) {
        if (failure instanceof NotEncryptedException) {
            return false;
        }
        if (failure instanceof UserFacingException known) {
            return switch (known.exitCode()) {
                case STORE_UNAVAILABLE,
                        STORE_DENIED,
                        STORE_FULL,
                        NO_REPOSITORY,
                        OTHER_REPOSITORY,
                        DAMAGED,
                        UNKNOWN_FORMAT,
                        TIMED_OUT -> true;
                default -> false;
            };
        }
        return failure instanceof StorageException || failure instanceof DamagedObjectException;
    }

    /** In words. */
    static UserFacingException explain(Exception failure) {
        return switch (failure) {
            case UserFacingException known -> known;
            case IOException store -> StorageFailure.explain(store);
            case RuntimeException bug -> throw bug;
            default -> throw new IllegalStateException(failure);
        };
    }
}
