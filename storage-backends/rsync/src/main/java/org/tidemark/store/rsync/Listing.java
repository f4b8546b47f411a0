// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * Runs that list files of the store. What cannot be read as a listing is an error, never an absent file. Thread-safe.
 */
final class Listing {
    private final Rsync rsync;

    Listing(Rsync rsync) {
        this.rsync = rsync;
    }

    /**
     * Lists some paths; one that is not there gives no file, if the root is there.
     *
     * @param what for messages
     * @param options which files of those paths
     * @param input of rsync itself, for these options
     * @param path below the root; a directory with its slash, to list what is in it; empty for the root
     * @param wanted gets each file, and says whether to go on
     * @return whether the listing came to its end
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
        // Without the directories above it, and with its own name below the root.
        all.addAll(List.of("--relative", "--no-implied-dirs", "--ignore-missing-args"));
        all.addAll(options);
        Ended ended = rsync.pull(operation, what, all, path, Optional.empty(), input, line -> {
            Optional<ListedFile> file = ListedFile.parse(line);
            if (file.isEmpty()) {
                odd.add(line);
                return false;
            }
            return wanted.test(file.get());
        });
        if (!odd.isEmpty()) {
            throw rsync.errors().unavailable(operation, what, "not a line of a listing: '" + odd.getFirst() + "'");
        }
        boolean whole = operation == Operation.LIST ? ended.listed() : ended.ok();
        if (!ended.stopped() && !whole) {
            throw rsync.errors().of(operation, what, ended);
        }
        return !ended.stopped();
    }
}
