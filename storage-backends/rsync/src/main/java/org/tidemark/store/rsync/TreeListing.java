// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * One page of the keys of a tree, in byte order. A directory waits, at the place of its first possible key, until its
 * turn comes; then it is listed with all below it, if that is not much, and else by itself. So a small tree takes one
 * run of rsync, and a page of a large one takes a few. Not thread-safe.
 */
final class TreeListing {
    /** A listing of a whole subtree is broken off when it gets longer. */
    private static final int MUCH = 5_000;

    private final Listing listing;
    private final RsyncErrors errors;
    private final String prefix;
    private final String after;

    /** @param after the last key that is not wanted any more; empty if all are wanted */
    TreeListing(Listing listing, RsyncErrors errors, String prefix, String after) {
        this.listing = listing;
        this.errors = errors;
        this.prefix = prefix;
        this.after = after;
    }

    ObjectPage page(int limit) throws StorageException {
        List<ObjectInfo> objects = new ArrayList<>();
        Places places = new Places(prefix, after, limit + 1);
        places.addDirectory(prefix.substring(0, prefix.lastIndexOf('/') + 1));
        while (!places.isEmpty()) {
            Map.Entry<String, Optional<ObjectInfo>> next = places.takeFirst();
            if (next.getValue().isEmpty()) {
                addContent(next.getKey(), places);
            } else if (objects.size() == limit) {
                return new ObjectPage(objects, true);
            } else {
                objects.add(next.getValue().get());
            }
        }
        return new ObjectPage(objects, false);
    }

    private void addContent(String directory, Places places) throws StorageException {
        Places found = places.like();
        if (!list(directory, "--recursive", MUCH, found)) {
            found = places.like();
            list(directory, "--dirs", Integer.MAX_VALUE, found);
        }
        places.addAll(found);
    }

    /** @return whether the listing came to its end */
    private boolean list(String directory, String depth, int most, Places found) throws StorageException {
        AtomicInteger lines = new AtomicInteger();
        List<String> strange = new ArrayList<>();
        // Names with a dot before them are what is being written.
        List<String> options = List.of(depth, "--exclude=.*");
        boolean ended = listing.files(Operation.LIST, directory, options, RsyncProgram.NOTHING, directory, file -> {
            if (file.path().startsWith(directory) && !found.add(file, depth.equals("--dirs"))) {
                strange.add(file.path());
            }
            return strange.isEmpty() && lines.incrementAndGet() < most;
        });
        if (!strange.isEmpty()) {
            // Left out in silence, it would look like a hole to some, and like nothing at all to others.
            throw errors.notAnObject(strange.getFirst());
        }
        return ended;
    }
}
