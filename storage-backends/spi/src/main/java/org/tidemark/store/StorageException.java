// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An error of a store; the subclass tells the caller what to do next. It is an {@link IOException}, so that a stream
 * can throw it. Each message names the store and the key, and never a secret.
 */
public abstract sealed class StorageException extends IOException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String hint;

    private StorageException(String message, @Nullable String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    /** A hint for the operator, if the store knows the cause; empty if it knows only the kind of failure. */
    public Optional<String> hint() {
        return Optional.ofNullable(hint);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** The store answered that the object does not exist. */
    public static final class ObjectMissing extends StorageException {
        private static final long serialVersionUID = 1L;

        public ObjectMissing(ObjectKey key, String store) {
            super("there is no '" + key + "' in " + store, null, null);
        }
    }

    /** The store answered that the object exists. Its content may be the same or different. */
    public static final class ObjectExists extends StorageException {
        private static final long serialVersionUID = 1L;

        public ObjectExists(ObjectKey key, String store) {
            super("'" + key + "' exists in " + store, null, null);
        }
    }

    /** The store denied the operation. A retry does not help until somebody changes permissions or credentials. */
    public static final class StorageDenied extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageDenied(String message, @Nullable Throwable cause) {
            super(message, null, cause);
        }

        public StorageDenied(String message, @Nullable String hint, @Nullable Throwable cause) {
            super(message, hint, cause);
        }
    }

    /** The store is full. A retry does not help until somebody frees space. */
    public static final class StorageFull extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageFull(String message, @Nullable Throwable cause) {
            super(message, null, cause);
        }

        public StorageFull(String message, @Nullable String hint, @Nullable Throwable cause) {
            super(message, hint, cause);
        }
    }

    /** The store was unreachable, too slow or broken. It is unknown whether a write took effect. */
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
