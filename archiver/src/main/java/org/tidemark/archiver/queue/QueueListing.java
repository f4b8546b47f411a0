// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * The names of the files of one queue at one moment. A queue may have 100,000 of them, so that a push lists it once,
 * looks at no file that it does not need, and carries this along. Immutable.
 */
public final class QueueListing {
    private final Path pendingDirectory;
    private final Path refusedDirectory;
    private final List<String> pending;
    private final List<String> refused;

    private QueueListing(Path pendingDirectory, Path refusedDirectory, List<String> pending, List<String> refused) {
        this.pendingDirectory = pendingDirectory;
        this.refusedDirectory = refusedDirectory;
        this.pending = pending;
        this.refused = refused;
    }

    static QueueListing of(Path pendingDirectory, Path refusedDirectory) throws IOException {
        return new QueueListing(pendingDirectory, refusedDirectory, names(pendingDirectory), names(refusedDirectory));
    }

    private static List<String> names(Path directory) throws IOException {
        // Not a stream of paths: for each of 50,000 names that takes twice as long.
        String[] all = directory.toFile().list();
        if (all == null) {
            if (Files.isDirectory(directory)) {
                throw new AccessDeniedException(directory.toString());
            }
            return List.of(); // not made yet, or removed meanwhile
        }
        List<String> names = new ArrayList<>(all.length);
        for (String name : all) {
            if (PendingObject.isOne(name)) {
                names.add(name);
            }
        }
        return names;
    }

    /** How many are to be delivered. */
    public int waiting() {
        return pending.size();
    }

    /** How many are queued or were put aside. */
    int size() {
        return pending.size() + refused.size();
    }

    /** The objects to deliver, in this order. */
    public List<PendingObject> pending() {
        return objects(pendingDirectory, pending);
    }

    /** The first of them: of a long queue the others are not looked at. */
    public List<PendingObject> first(int most) {
        if (most >= pending.size()) {
            return pending();
        }
        PriorityQueue<String> first = new PriorityQueue<>(Comparator.reverseOrder());
        for (String name : pending) {
            first.add(name);
            if (first.size() > most) {
                first.remove();
            }
        }
        return objects(pendingDirectory, List.copyOf(first));
    }

    /** The objects that were put aside, in the order in which they were queued. */
    public List<PendingObject> refused() {
        return objects(refusedDirectory, refused);
    }

    private static List<PendingObject> objects(Path directory, List<String> names) {
        List<String> sorted = new ArrayList<>(names);
        sorted.sort(null); // the sequence comes first, and has the same number of digits in each
        List<PendingObject> objects = new ArrayList<>(sorted.size());
        for (String name : sorted) {
            objects.add(PendingObject.of(directory, name));
        }
        return objects;
    }

    /** Finds the object that is queued, or was put aside, under a name. */
    Optional<PendingObject> find(String keyName) {
        Optional<PendingObject> queued = find(pendingDirectory, pending, keyName);
        return queued.isPresent() ? queued : find(refusedDirectory, refused, keyName);
    }

    private static Optional<PendingObject> find(Path directory, List<String> names, String keyName) {
        for (String name : names) {
            if (name.startsWith(keyName, PendingObject.SEQUENCE_DIGITS + 1)) {
                PendingObject object = PendingObject.of(directory, name);
                if (object.keyName().equals(keyName)) {
                    return Optional.of(object);
                }
            }
        }
        return Optional.empty();
    }

    /** The highest sequence of what is queued or was put aside; 0 if there is nothing. */
    long last() {
        return Math.max(last(pending), last(refused));
    }

    private static long last(List<String> names) {
        String last = "";
        for (String name : names) {
            last = name.compareTo(last) > 0 ? name : last;
        }
        return last.isEmpty() ? 0 : Long.parseLong(last.substring(0, PendingObject.SEQUENCE_DIGITS));
    }

    /** With one more that is to be delivered. */
    QueueListing with(String fileName) {
        List<String> more = new ArrayList<>(pending.size() + 1);
        more.addAll(pending);
        more.add(fileName);
        return new QueueListing(pendingDirectory, refusedDirectory, more, refused);
    }
}
