// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Deletes files by their names, and directories that are empty then. Rsync is told of names that a local directory
 * lacks, and removes these alone: no pattern is involved, and no directory with anything in it. Thread-safe.
 */
final class Deletion {
    /** In one run. */
    private static final int MAX_NAMES = 1_000;

    private final Rsync rsync;
    private final Listing listing;

    Deletion(Rsync rsync, Listing listing) {
        this.rsync = rsync;
        this.listing = listing;
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
            throw rsync.errors().of(Operation.DELETE, paths.first(), e);
        }
        try {
            Ended ended = run(local, paths);
            if (!ended.ok()) {
                throw rsync.errors().of(Operation.DELETE, paths.first(), ended);
            }
            // The deepest first: one that goes can leave the one above it empty. One that cannot be removed stays; what
            // was asked for is done.
            NavigableMap<Integer, NavigableSet<String>> byDepth = new TreeMap<>(Comparator.reverseOrder());
            for (String directory : directories(local, paths)) {
                int depth = (int) directory.chars().filter(c -> c == '/').count();
                byDepth.computeIfAbsent(depth, key -> new TreeSet<>()).add(directory);
            }
            for (NavigableSet<String> directories : byDepth.values()) {
                run(local, directories);
            }
        } catch (IOException e) {
            throw rsync.errors().of(Operation.DELETE, paths.first(), e);
        } finally {
            DirectoryTree.delete(local);
        }
    }

    /** Those above the paths, as the server has them: what is a file there by now must never be removed as one. */
    private List<String> directories(Path local, NavigableSet<String> paths) throws IOException {
        NavigableSet<String> above = new TreeSet<>();
        for (String path : paths) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                above.add(path.substring(0, slash));
            }
        }
        if (above.isEmpty()) {
            return List.of();
        }
        Path rules = Files.createTempFile(local, "rules", "");
        List<String> lines = new ArrayList<>(
                above.stream().map(directory -> "+ /" + directory + "/").toList());
        lines.add("- *");
        Files.write(rules, lines, StandardCharsets.US_ASCII);
        List<String> found = new ArrayList<>();
        List<String> options = List.of("--recursive", "--exclude-from=-");
        try {
            listing.files(Operation.FIND_EMPTY_DIRECTORIES, paths.first(), options, rules, "", file -> {
                if (file.isDirectory() && above.contains(file.path())) {
                    found.add(file.path());
                }
                return true;
            });
        } catch (StorageDenied e) {
            // Where nothing may be listed, directories stay.
            return List.of();
        }
        return found;
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
                Operation.DELETE,
                names.first(),
                List.of("--no-implied-dirs", "--delete-missing-args", "--from0", "--files-from=-"),
                empty,
                List.of("./"),
                0,
                list,
                line -> true);
    }
}
