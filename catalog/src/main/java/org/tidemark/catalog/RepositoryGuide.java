// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * With these objects a repository explains itself to somebody who has nothing else: what it is, and the script that
 * restores without Tidemark. They are text, and never encrypted.
 */
public final class RepositoryGuide {
    /** The resources by their keys. A text that has changed gets the next number: no object is replaced. */
    private static final Map<ObjectKey, String> FILES = Map.of(
            new ObjectName.Guide("README-1.txt").key(), "README.txt",
            new ObjectName.Guide("rescue-1.sh").key(), "rescue.sh");

    private RepositoryGuide() {}

    /** Stores what is missing; credentials that may not do that store nothing. */
    public static void store(ObjectStore store) throws StorageException {
        for (Map.Entry<ObjectKey, String> file : FILES.entrySet()) {
            try {
                if (store.stat(file.getKey()).isEmpty()) {
                    store.putIfAbsent(file.getKey(), ObjectSource.of(content(file.getValue())));
                }
            } catch (ObjectExists e) {
                // Another host was first.
            } catch (StorageDenied e) {
                return;
            }
        }
    }

    /** The objects that this program stores. Those of other programs have other names. */
    public static Set<ObjectKey> keys() {
        return FILES.keySet();
    }

    /**
     * Compares one of these objects with what this program stores; none need be there.
     *
     * @throws DamagedObjectException if it differs: somebody may have replaced it
     */
    public static void verify(ObjectStore store, ObjectKey key) throws IOException {
        byte[] expected = content(Objects.requireNonNull(FILES.get(key)));
        try (InputStream stored = store.open(key, ByteRange.ALL)) {
            if (!Arrays.equals(stored.readNBytes(expected.length + 1), expected)) {
                throw new DamagedObjectException(
                        key, "it is not what Tidemark stores there: do not follow it, and do not run it");
            }
        } catch (ObjectMissing e) {
            // An older program made the repository, or its credentials could not.
        }
    }

    private static byte[] content(String resource) {
        try (InputStream in = Optional.ofNullable(RepositoryGuide.class.getResourceAsStream(resource))
                .orElseThrow(() -> new IllegalStateException("the program lacks " + resource))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
