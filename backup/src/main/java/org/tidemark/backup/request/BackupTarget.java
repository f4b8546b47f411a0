// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.request;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * A repository that a backup is taken into, and how its objects are encoded there. Immutable.
 *
 * @param name of the repository; the caller tells the targets apart by it
 * @param maxReferenceAge how old what an incremental backup refers to may be; without it, it may be of any age
 */
public record BackupTarget(String name, Repository repository, Encoding encoding, Optional<Duration> maxReferenceAge) {
    /** One in which what is referred to may be of any age. */
    public BackupTarget(String name, Repository repository, Encoding encoding) {
        this(name, repository, encoding, Optional.empty());
    }

    /** The failure of one repository; throws a failure that the next one would cause as well. */
    public static Exception failureOfOne(Exception e) throws IOException {
        if (isFailureOfOne(StorageErrors.explain(e).exitCode())) {
            return e;
        }
        if (e instanceof IOException failure) {
            throw failure;
        }
        throw (UserFacingException) e;
    }

    /** Whether another repository may get a backup after a failure with this status. */
    public static boolean isFailureOfOne(ExitCode status) {
        return switch (status) {
            case USAGE, POSTGRES_UNAVAILABLE, POSTGRES_REFUSED, INTERRUPTED, LOCAL_FILES -> false;
            default -> true;
        };
    }
}
