// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/**
 * The store of a repository that accepts only encrypted objects, or that has recipients in this host's configuration.
 * It refuses unencrypted objects from any source: a copy from a repository that is not encrypted, or WAL that was
 * queued before encryption was configured. Thread-safe.
 */
public final class EncryptedOnlyStore extends DelegatingStore {
    private static final String DOCUMENT = ".json";

    public EncryptedOnlyStore(ObjectStore store) {
        super(store);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        if (!key.value().endsWith(DOCUMENT) && !isClear(key)) {
            requireEncrypted(key, source);
        }
        super.putIfAbsent(key, source);
    }

    private static boolean isClear(ObjectKey key) {
        return ObjectName.Guide.isOne(key.value())
                || (key.value().startsWith(ObjectName.Scratch.FOLDER)
                        && IncarnationKeys.of(key).isEmpty());
    }

    private void requireEncrypted(ObjectKey key, ObjectSource source) throws StorageException {
        ContainerHeader header;
        try (InputStream in = source.open()) {
            header = ContainerHeader.read(in, key);
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw refused(key, "cannot be read as an encrypted object: " + e.getMessage(), e);
        }
        if (header.encryption().isEmpty() && !header.kind().isClear()) {
            throw refused(key, "is not encrypted", null);
        }
    }

    private NotEncryptedException refused(ObjectKey key, String problem, @Nullable IOException cause) {
        return new NotEncryptedException(key, problem, description(), cause);
    }

    /**
     * An unencrypted object was to be stored in a repository that accepts only encrypted ones. Trying again does not
     * help.
     */
    public static final class NotEncryptedException extends UserFacingException {
        private static final long serialVersionUID = 1L;

        NotEncryptedException(ObjectKey key, String problem, String store, @Nullable Throwable cause) {
            super(
                    ExitCode.STORE_DENIED,
                    "'" + key + "' " + problem + ", and " + store + " accepts only encrypted objects",
                    "Name the public keys of this repository with encrypt-to, in the configuration of every host"
                            + " that writes."
                            + " Unencrypted objects of another repository are not copied to this one.",
                    cause);
        }
    }
}
