// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.tidemark.catalog.NotEncryptedException;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** What kind of a failure keeps a repository from having an object. */
final class PushFailure {
    private PushFailure() {}

    /**
     * Whether the push must fail however many other repositories hold the file: another content is archived under its
     * name, or something in the clear is to go where all is encrypted. Everything else (a store that is down, slow or
     * full, a secret that cannot be had, a wrong option, an incarnation that is not registered) may be put right later,
     * and must not stop archiving into the repositories that work.
     */
    static boolean stops(Exception failure) {
        return failure instanceof NotEncryptedException
                || (failure instanceof UserFacingException known && known.exitCode() == ExitCode.WAL_CONFLICT);
    }

    /** In words. */
    static UserFacingException explain(Exception failure) {
        return switch (failure) {
            case UserFacingException known -> known;
            case IOException store -> StorageFailure.explain(store);
            default ->
                new UserFacingException(
                        ExitCode.INTERNAL,
                        "an error in Tidemark itself: " + failure,
                        "Please report it: "
                                + Arrays.stream(failure.getStackTrace())
                                        .limit(8)
                                        .map(StackTraceElement::toString)
                                        .collect(Collectors.joining(" < ")),
                        failure);
        };
    }
}
