// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.store.StorageException;
import org.tidemark.store.rsync.RsyncErrors.Doing;

/**
 * Deletes files by their names, and directories that are empty then. Rsync is told of names that a local directory
 * lacks, and removes these alone: no pattern is involved, and no directory with anything in it. Thread-safe.
 */
final class Deletion {
    /** In one run. */
    private static final int MAX_NAMES = 1_000;

    private final Rsync rsync;

    Deletion(Rsync rsync) {
        this.rsync = rsync;
    }

    void delete(Collection<String> paths) throws StorageException {
        NavigableSet<String> left = new TreeSet<>(paths);
        while (!left.isEmpty()) {
            NavigableSet<String> some = new TreeSet<>();
            while (!left.isEmpty() && some.size() < MAX_NAMES) {
                some.add(left.pollFirst());
            }
            deleteSome(some);
        }
    }

    private void deleteSome(NavigableSet<String> paths) throws StorageException {
        Path local;
        try {
            local = rsync.work().newDirectory("del");
        } catch (IOException e) {
            throw rsync.errors().local(Doing.DELETE, paths.first(), e);
        }
        try {
            Ended ended = run(local, paths);
            if (!ended.ok()) {
                throw rsync.errors().of(Doing.DELETE, paths.first(), ended);
            }
            // The deepest first: one that is empty then can leave the one above it empty. One that cannot be removed
            // stays; what was asked for is done.
            for (NavigableSet<String> directories :
                    directories(paths).descendingMap().values()) {
                run(local, directories);
            }
        } catch (IOException e) {
            throw rsync.errors().local(Doing.DELETE, paths.first(), e);
        } finally {
            DirectoryTree.delete(local);
        }
    }

    /** All directories above the paths, by their depth. */
    private static NavigableMap<Integer, NavigableSet<String>> directories(Collection<String> paths) {
        NavigableMap<Integer, NavigableSet<String>> byDepth = new TreeMap<>();
        for (String path : paths) {
            int depth = 0;
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                byDepth.computeIfAbsent(depth++, key -> new TreeSet<>()).add(path.substring(0, slash));
            }
        }
        return byDepth;
    }

    private Ended run(Path local, NavigableSet<String> names) throws IOException {
        // A directory above a name must be here, and the name must not.
        Path empty = Files.createTempDirectory(local, "lacks");
        for (String name : names) {
            int slash = name.lastIndexOf('/');
            Files.createDirectories(empty.resolve(name.substring(0, Math.max(slash, 0))));
        }
        // A file that is complete before rsync starts: half a list could end in half a name.
        Path list = Files.createTempFile(local, "names", "");
        Files.writeString(list, String.join("\0", names) + "\0", StandardCharsets.US_ASCII);
        return rsync.push(
                Doing.DELETE,
                names.first(),
                List.of("--no-implied-dirs", "--delete-missing-args", "--from0", "--files-from=-"),
                empty,
                List.of("./"),
                0,
                list,
                line -> true);
    }
}
