// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * One page of the keys of a directory tree, in byte order. A directory waits in a queue, sorted by its first possible
 * key, and is listed when it is next: recursively if the tree below it is small, otherwise alone. So a small tree takes
 * one run of rsync, and a page of a large tree takes a few. Not thread-safe.
 */
final class RsyncTreeListing {
    /** A longer recursive listing is stopped, and the directory is listed alone. */
    private static final int MAX_RECURSIVE_FILES = 5_000;

    private final RsyncListing listing;
    private final RsyncErrors errors;
    private final String prefix;
    private final String after;

    /** @param after the page starts after this key; empty for the first page */
    RsyncTreeListing(RsyncListing listing, RsyncErrors errors, String prefix, String after) {
        this.listing = listing;
        this.errors = errors;
        this.prefix = prefix;
        this.after = after;
    }

    ObjectPage page(int limit) throws StorageException {
        List<ObjectInfo> objects = new ArrayList<>();
        ListingWindow window = new ListingWindow(prefix, after, limit + 1);
        window.addDirectory(prefix.substring(0, prefix.lastIndexOf('/') + 1));
        while (!window.isEmpty()) {
            Map.Entry<String, Optional<ObjectInfo>> next = window.takeFirst();
            if (next.getValue().isEmpty()) {
                addContent(next.getKey(), window);
            } else if (objects.size() == limit) {
                return new ObjectPage(objects, true);
            } else {
                objects.add(next.getValue().get());
            }
        }
        return new ObjectPage(objects, false);
    }

    private void addContent(String directory, ListingWindow window) throws StorageException {
        ListingWindow found = window.like();
        if (!list(directory, "--recursive", MAX_RECURSIVE_FILES, found)) {
            found = window.like();
            list(directory, "--dirs", Integer.MAX_VALUE, found);
        }
        window.addAll(found);
    }

    /** @return whether the listing is complete */
    private boolean list(String directory, String depth, int maxFiles, ListingWindow found) throws StorageException {
        AtomicInteger lines = new AtomicInteger();
        List<String> invalid = new ArrayList<>();
        // Names with a leading dot are temporary files.
        List<String> options = List.of(depth, "--exclude=.*");
        boolean ended = listing.files(Operation.LIST, directory, options, RsyncProgram.NO_INPUT, directory, file -> {
            if (file.path().startsWith(directory) && !found.add(file, depth.equals("--dirs"))) {
                invalid.add(file.path());
            }
            return invalid.isEmpty() && lines.incrementAndGet() < maxFiles;
        });
        if (!invalid.isEmpty()) {
            // A silent omission would look like missing WAL to one caller, and like no object to another.
            throw errors.notAnObject(invalid.getFirst());
        }
        return ended;
    }

    /**
     * The objects of the next page, and directories that may contain some, in byte order; a directory is sorted by its
     * name with a slash. Entries after the last object of the page are dropped, so the size is bounded for listings of
     * any length. Not thread-safe.
     */
    static final class ListingWindow {
        private final String prefix;
        private final String after;
        private final int maxObjects;
        private final TreeMap<String, Optional<ObjectInfo>> entries = new TreeMap<>();
        private int objects;

        ListingWindow(String prefix, String after, int maxObjects) {
            this.prefix = prefix;
            this.after = after;
            this.maxObjects = maxObjects;
        }

        /** An empty window for the same page. */
        ListingWindow like() {
            return new ListingWindow(prefix, after, maxObjects);
        }

        boolean isEmpty() {
            return entries.isEmpty();
        }

        Map.Entry<String, Optional<ObjectInfo>> takeFirst() {
            Map.Entry<String, Optional<ObjectInfo>> first = entries.firstEntry();
            entries.remove(first.getKey());
            objects -= first.getValue().isPresent() ? 1 : 0;
            return first;
        }

        void addDirectory(String directory) {
            put(directory, Optional.empty());
        }

        /**
         * Adds a listed file if it belongs to the page. Names that cannot be keys are not objects.
         *
         * @param directories whether the content of directories has yet to be listed
         * @return false if the name is a key, and the file is neither a regular file nor a directory
         */
        boolean add(ListedFile file, boolean directories) {
            String path = file.path();
            if (!ObjectKey.isKey(path) || !path.startsWith(prefix)) {
                return true;
            }
            if (file.isDirectory()) {
                String directory = path + "/";
                if (directories && (directory.compareTo(after) > 0 || after.startsWith(directory))) {
                    addDirectory(directory);
                }
                return true;
            }
            if (file.isFile() && path.compareTo(after) > 0) {
                put(path, Optional.of(new ObjectInfo(new ObjectKey(path), file.sizeBytes(), file.modified())));
            }
            return file.isFile();
        }

        void addAll(ListingWindow others) {
            others.entries.forEach(this::put);
        }

        private void put(String path, Optional<ObjectInfo> object) {
            boolean isNew = entries.put(path, object) == null;
            objects += isNew && object.isPresent() ? 1 : 0;
            while (objects > maxObjects) {
                objects -= entries.pollLastEntry().getValue().isPresent() ? 1 : 0;
            }
        }
    }
}
