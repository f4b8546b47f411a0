// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.nio.file.FileSystemException;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The one place that turns the errors of stores and damaged objects into messages and statuses for an operator. */
public final class StorageErrors {
    private StorageErrors() {}

    /** The same for an IOException, or for a UserFacingException, which is returned as it is. */
    public static UserFacingException explain(Exception failure) {
        return failure instanceof IOException unexplained ? explain(unexplained) : (UserFacingException) failure;
    }

    /**
     * As {@link #explain(Exception)}, for a caller that goes on with the next part of its work.
     *
     * @throws UserFacingException with that, if the work was interrupted: then nothing goes on
     */
    public static UserFacingException explainUnlessInterrupted(Exception failure) {
        UserFacingException explained = explain(failure);
        if (explained.exitCode() == ExitCode.INTERRUPTED
                || Thread.currentThread().isInterrupted()) {
            throw explained;
        }
        return explained;
    }

    /** What an operator is told of {@code failure}; an error that is not of a store is one of local files. */
    public static UserFacingException explain(IOException failure) {
        // No pattern switch: setting one up costs a WAL push more than all that this method does.
        if (failure instanceof DamagedObjectException) {
            return fail(
                    ExitCode.DAMAGED,
                    failure,
                    "Use another repository that holds a good copy; 'tidemark verify --all' lists everything that is"
                            + " damaged.");
        }
        if (failure instanceof StorageUnavailable) {
            return fail(
                    ExitCode.STORE_UNAVAILABLE,
                    failure,
                    "Check that the store is up and that this host reaches it, then repeat the command: that is"
                            + " always safe.");
        }
        if (failure instanceof StorageDenied) {
            return fail(
                    ExitCode.STORE_DENIED,
                    failure,
                    "Give these credentials the right to do that; for a directory, check its owner and mode with: ls"
                            + " -ld");
        }
        if (failure instanceof StorageFull) {
            return fail(
                    ExitCode.STORE_FULL,
                    failure,
                    "Make room in the store, or give it more. What has expired is deleted"
                            + " with: tidemark expire --confirm");
        }
        if (failure instanceof ObjectMissing) {
            return fail(
                    ExitCode.DAMAGED,
                    failure,
                    "Something was removed from the repository; 'tidemark verify --all' lists what is missing.");
        }
        if (failure instanceof ObjectExists) {
            return fail(ExitCode.INTERNAL, failure, "Another command ran at the same time. Run this one again.");
        }
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                local(failure),
                "Check that this host has room there (df -h), also for one file more (df -i), and that this user may"
                        + " read and write.",
                failure);
    }

    /** Java's message for a file that was denied or is missing is its path alone. */
    private static String local(IOException failure) {
        String said = String.valueOf(failure.getMessage());
        return failure instanceof FileSystemException file && said.equals(file.getFile())
                ? "'" + said + "': " + FileProblem.of(failure)
                : said;
    }

    private static UserFacingException fail(ExitCode exitCode, IOException failure, String hint) {
        String known = failure instanceof StorageException store ? store.hint().orElse(hint) : hint;
        return new UserFacingException(exitCode, String.valueOf(failure.getMessage()), known, failure);
    }
}
