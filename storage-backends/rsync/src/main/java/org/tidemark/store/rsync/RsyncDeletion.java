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
 * Deletes files by their names, and then empty directories. Rsync gets a list of names that a local directory lacks,
 * and removes only these: it uses no pattern, and removes no directory with content. Thread-safe.
 */
final class RsyncDeletion {
    /** The maximum number of names in one run. */
    private static final int MAX_NAMES = 1_000;

    private final Rsync rsync;
    private final RsyncListing listing;

    RsyncDeletion(Rsync rsync, RsyncListing listing) {
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
            RsyncResult ended = run(local, paths);
            if (!ended.ok()) {
                throw rsync.errors().of(Operation.DELETE, paths.first(), ended);
            }
            // Deepest first: the removal of a directory can leave its parent empty. A failed removal is ignored.
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
            WorkDirectory.deleteTree(local);
        }
    }

    /** The parents of the paths that are directories on the server; a file of this name must never be removed. */
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
            // Without the permission to list, empty directories stay.
            return List.of();
        }
        return found;
    }

    private RsyncResult run(Path local, NavigableSet<String> names) throws IOException {
        // Rsync deletes a name if its parent exists here and the name itself does not.
        Path empty = Files.createTempDirectory(local, "lacks");
        for (String name : names) {
            int slash = name.lastIndexOf('/');
            Files.createDirectories(empty.resolve(name.substring(0, Math.max(slash, 0))));
        }
        // The list is complete before rsync starts: a partial list could end with a part of a name.
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
