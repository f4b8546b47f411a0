// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;

/**
 * An unencrypted object was to be stored in a repository that accepts only encrypted ones. Trying again does not help.
 */
public final class NotEncryptedException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    NotEncryptedException(ObjectKey key, String problem, String store, @Nullable Throwable cause) {
        super(
                ExitCode.STORE_DENIED,
                "'" + key + "' " + problem + ", and " + store + " accepts only encrypted objects",
                "Name the public keys of this repository with encrypt-to, in the configuration of every host that writes."
                        + " Unencrypted objects of another repository are not copied to this one.",
                cause);
    }
}
