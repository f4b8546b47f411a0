// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The one place that turns what a store or a damaged object says into words and a status for an operator. */
public final class StorageFailure {
    private StorageFailure() {}

    /** What an operator is told of {@code failure}; an error that is not of a store is one of local files. */
    public static UserFacingException explain(IOException failure) {
        // No pattern switch: setting one up costs a WAL push more than all that this method does.
        if (failure instanceof DamagedObjectException) {
            return fail(
                    ExitCode.DAMAGED,
                    failure,
                    "Is there another repository that holds a good copy? 'tidemark verify --all' lists everything that is damaged.");
        }
        if (failure instanceof StorageUnavailable) {
            return fail(
                    ExitCode.STORE_UNAVAILABLE,
                    failure,
                    "Can this host reach the store, and is the store up? The command can be repeated at any time.");
        }
        if (failure instanceof StorageDenied) {
            return fail(
                    ExitCode.STORE_DENIED,
                    failure,
                    "Do the credentials, or the owner and the mode of the directory, allow this user to do that?");
        }
        if (failure instanceof StorageFull) {
            return fail(
                    ExitCode.STORE_FULL,
                    failure,
                    "Make room in the store, or give it more; nothing stored was changed.");
        }
        if (failure instanceof ObjectMissing) {
            return fail(
                    ExitCode.DAMAGED,
                    failure,
                    "Was something removed from the repository by hand? 'tidemark verify --all' lists what is missing.");
        }
        if (failure instanceof ObjectExists) {
            return fail(ExitCode.INTERNAL, failure, "Did two commands run at the same time? Run this one again.");
        }
        return fail(
                ExitCode.LOCAL_FILES, failure, "Is there room on this host, and may this user read and write there?");
    }

    private static UserFacingException fail(ExitCode exitCode, IOException failure, String hint) {
        String known = failure instanceof StorageException store ? store.hint().orElse(hint) : hint;
        return new UserFacingException(exitCode, String.valueOf(failure.getMessage()), known, failure);
    }
}
