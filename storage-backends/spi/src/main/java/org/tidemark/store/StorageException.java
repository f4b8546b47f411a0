// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a store answered, by what the caller does next. An {@link IOException}, so that a stream that breaks off can say
 * why. Each message names the store and the key, and never a secret.
 */
public abstract sealed class StorageException extends IOException {
    private static final long serialVersionUID = 1L;

    private StorageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** The store answered: there is no such object. */
    public static final class ObjectMissing extends StorageException {
        private static final long serialVersionUID = 1L;

        public ObjectMissing(ObjectKey key, String store) {
            super("there is no '" + key + "' in " + store, null);
        }
    }

    /** The store answered: there is such an object already. Nothing is said of its content. */
    public static final class ObjectExists extends StorageException {
        private static final long serialVersionUID = 1L;

        public ObjectExists(ObjectKey key, String store) {
            super("'" + key + "' exists in " + store, null);
        }
    }

    /** The store refused; asking again does not help before somebody changes rights or credentials. */
    public static final class StorageDenied extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageDenied(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The store has no room; asking again does not help before somebody makes some. */
    public static final class StorageFull extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageFull(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The store could not tell: not reached, too slow, or broken. Whether a write took effect is not known. */
    public static final class StorageUnavailable extends StorageException {
        private static final long serialVersionUID = 1L;

        public StorageUnavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
