// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;

/**
 * An object that is being written, in the work directory under two names. Rsync removes one name after the receiver has
 * confirmed that the object has its final name. The other name stays for the comparison. Not thread-safe.
 */
final class Staging implements AutoCloseable {
    private final ObjectKey key;
    private final Path directory;

    private Staging(ObjectKey key, Path directory) {
        this.key = key;
        this.directory = directory;
    }

    /** Copies the whole source first, so rsync never gets a source that ends early. */
    static Staging of(ObjectKey key, ObjectSource source, WorkDirectory work) throws IOException {
        Staging staging = new Staging(key, work.newDirectory("put"));
        try (SourceStream stream = SourceStream.open(key, source)) {
            Path kept = staging.kept().resolve(key.value());
            Path leaving = staging.leaving().resolve(key.value());
            Files.createDirectories(Objects.requireNonNull(kept.getParent()));
            Files.createDirectories(Objects.requireNonNull(leaving.getParent()));
            Files.copy(stream, kept);
            Files.createLink(leaving, kept);
            return staging;
        } catch (IOException e) {
            staging.close();
            throw e;
        }
    }

    /** The directory from which rsync sends the object, and removes it. */
    Path leaving() {
        return directory.resolve("out");
    }

    /** The directory in which the object stays. */
    Path kept() {
        return directory.resolve("kept");
    }

    /** Whether the receiver has confirmed that the object has its final name. */
    boolean confirmed() {
        return Files.notExists(leaving().resolve(key.value()));
    }

    @Override
    public void close() {
        WorkDirectory.deleteTree(directory);
    }
}
