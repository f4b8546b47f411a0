// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a store answered, by what the caller does next. An {@link IOException}, so that a stream that breaks off can say
 * why. Each message names the store and the key, and never a secret.
 */
public abstract sealed class StorageException extends IOException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String hint;

    private StorageException(String message, @Nullable String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    /** What an operator can do, where the store knows the cause; empty where only the kind of failure is known. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** The store answered: there is no such object. */
    public static final class ObjectMissing extends StorageException {
        private static final long serialVersionUID = 1L;

        public ObjectMissing(ObjectKey key, String store) {
            super("there is no '" + key + "' in " + store, null, null);
        }
    }

    /** The store answered: there is such an object already. Nothing is said of its content. */
    public static final class ObjectExists extends StorageException {
        private static final long serialVersionUID = 1L;

        public ObjectExists(ObjectKey key, String store) {
            super("'" + key + "' exists in " + store, null, null);
        }
    }

    /** The store refused; asking again does not help before somebody changes rights or credentials. */
    public static final class StorageDenied extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageDenied(String message, @Nullable Throwable cause) {
            super(message, null, cause);
        }

        public StorageDenied(String message, @Nullable String hint, @Nullable Throwable cause) {
            super(message, hint, cause);
        }
    }

    /** The store has no room; asking again does not help before somebody makes some. */
    public static final class StorageFull extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageFull(String message, @Nullable Throwable cause) {
            super(message, null, cause);
        }

        public StorageFull(String message, @Nullable String hint, @Nullable Throwable cause) {
            super(message, hint, cause);
        }
    }

    /** The store could not tell: not reached, too slow, or broken. Whether a write took effect is not known. */
    public static final class StorageUnavailable extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageUnavailable(String message, @Nullable Throwable cause) {
            super(message, null, cause);
        }

        public StorageUnavailable(String message, @Nullable String hint, @Nullable Throwable cause) {
            super(message, hint, cause);
        }
    }
}
