// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Lists files of the store. An output that cannot be parsed is an error, never an absent file. Thread-safe. */
final class RsyncListing {
    private final Rsync rsync;

    RsyncListing(Rsync rsync) {
        this.rsync = rsync;
    }

    /**
     * Lists a path. Finds no file if the path does not exist and the root exists.
     *
     * @param what the key or prefix, for messages
     * @param options the options of rsync that select files
     * @param input the standard input of rsync, for these options
     * @param path below the root; empty for the root; with a slash at its end to list the content of a directory
     * @param wanted gets each file, and returns whether to continue
     * @return whether the listing is complete
     */
    boolean files(
            Operation operation,
            String what,
            List<String> options,
            Path input,
            String path,
            Predicate<ListedFile> wanted)
            throws StorageException {
        List<String> odd = new ArrayList<>();
        List<String> all = new ArrayList<>(List.of("--list-only", "--no-h"));
        // Prints paths relative to the root, without the parent directories.
        all.addAll(List.of("--relative", "--no-implied-dirs", "--ignore-missing-args"));
        all.addAll(options);
        RsyncResult ended = rsync.pull(operation, what, all, path, Optional.empty(), input, line -> {
            Optional<ListedFile> file = ListedFile.parse(line);
            if (file.isEmpty()) {
                odd.add(line);
                return false;
            }
            return wanted.test(file.get());
        });
        if (!odd.isEmpty()) {
            throw rsync.errors().unavailable(operation, what, "unexpected line in a listing: '" + odd.getFirst() + "'");
        }
        boolean whole = operation == Operation.LIST ? ended.listed() : ended.ok();
        if (!ended.stopped() && !whole) {
            throw rsync.errors().of(operation, what, ended);
        }
        return !ended.stopped();
    }

    /** Looks up one object; empty if the root exists and the object does not. */
    Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        AtomicReference<Optional<ListedFile>> found = new AtomicReference<>(Optional.empty());
        files(Operation.LOOK_UP, key.value(), List.of(), RsyncProgram.NO_INPUT, key.value(), file -> {
            if (file.path().equals(key.value())) {
                found.set(Optional.of(file));
            }
            return true;
        });
        Optional<ListedFile> file = found.get();
        if (file.isEmpty() || file.get().isDirectory()) {
            return Optional.empty();
        }
        if (!file.get().isFile()) {
            throw rsync.errors().notAnObject(key.value());
        }
        return Optional.of(
                new ObjectInfo(key, file.get().sizeBytes(), file.get().modified()));
    }
}
