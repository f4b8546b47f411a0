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
 * An object in the work directory on its way to the store, under two names: rsync removes the one when the receiver has
 * told it that the object stands under its final name, and the other stays, to be compared. Not thread-safe.
 */
final class Staging implements AutoCloseable {
    private final ObjectKey key;
    private final Path directory;

    private Staging(ObjectKey key, Path directory) {
        this.key = key;
        this.directory = directory;
    }

    /** Takes the whole source, so that rsync never sees one that ends early. */
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

    /** Where rsync takes the object from, and removes it. */
    Path leaving() {
        return directory.resolve("out");
    }

    /** Where it stays. */
    Path kept() {
        return directory.resolve("kept");
    }

    /** Whether the receiver has told that the object stands under its name. */
    boolean confirmed() {
        return Files.notExists(leaving().resolve(key.value()));
    }

    @Override
    public void close() {
        DirectoryTree.delete(directory);
    }
}
