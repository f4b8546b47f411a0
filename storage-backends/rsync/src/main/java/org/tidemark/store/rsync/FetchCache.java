// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.tidemark.store.ByteRange;
import org.tidemark.store.FileRangeStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * A cache of complete objects, because rsync cannot read ranges. Each opening compares the cached object with the
 * server's: rsync compares size and time, and sends nothing if they are the same. Thread-safe.
 */
final class FetchCache {
    /** The maximum number of cached objects, whatever their size. */
    private static final int MAX_OBJECTS = 64;

    private final Rsync rsync;
    private final RsyncListing listing;
    private final long maxBytes;

    /** Sorted by the last use, the oldest first. */
    private final Map<ObjectKey, Slot> slots = new LinkedHashMap<>(16, 0.75f, true);

    FetchCache(Rsync rsync, RsyncListing listing, long maxBytes) {
        this.rsync = rsync;
        this.listing = listing;
        this.maxBytes = maxBytes;
    }

    /** The caller closes the stream. */
    InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Slot slot = take(key);
        try {
            slot.lock.lockInterruptibly();
            try {
                return fetch(key, range, slot);
            } finally {
                slot.lock.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw rsync.errors()
                    .unavailable(Operation.READ, key.value(), "interrupted while another thread fetched the object", e);
        } finally {
            giveBack(slot);
        }
    }

    private InputStream fetch(ObjectKey key, ByteRange range, Slot slot) throws StorageException {
        boolean fetched = false;
        try {
            Path directory = slot.directory();
            List<String> output = new ArrayList<>();
            RsyncResult ended = rsync.pull(
                    Operation.READ,
                    key.value(),
                    List.of(
                            "--times",
                            // By default, rsync compares times by whole seconds.
                            "--modify-window=-1",
                            "--links",
                            "--chmod=F600",
                            "--relative",
                            "--no-implied-dirs",
                            "--ignore-missing-args",
                            // Twice: prints a line for an unchanged file as well, so a missing line means a missing
                            // file.
                            "-ii",
                            "--out-format=%i %n"),
                    key.value(),
                    Optional.of(directory),
                    RsyncProgram.NO_INPUT,
                    line -> output.add(line) && output.size() < 100);
            if (!ended.ok()) {
                throw rsync.errors().of(Operation.READ, key.value(), ended);
            }
            Path file = directory.resolve(key.value());
            if (output.stream().noneMatch(line -> line.matches("[.>c][fL].* " + Pattern.quote(key.value())))) {
                throw missing(key, output);
            }
            InputStream stream = open(key, range, file);
            fetched = true;
            return stream;
        } catch (IOException e) {
            throw rsync.errors().of(Operation.READ, key.value(), e);
        } finally {
            slot.settle(fetched);
        }
    }

    /** Rsync prints the name of a directory or of a special file as well; without a line, nothing exists. */
    private StorageException missing(ObjectKey key, List<String> output) throws StorageException {
        if (output.stream().anyMatch(line -> line.contains(key.value()))
                && listing.stat(key).isPresent()) {
            return rsync.errors()
                    .unavailable(Operation.READ, key.value(), "the server did not send the object: " + output);
        }
        return new ObjectMissing(key, rsync.errors().description());
    }

    private InputStream open(ObjectKey key, ByteRange range, Path file) throws IOException {
        BasicFileAttributes attributes =
                Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile()) {
            throw rsync.errors().notAnObject(key.value());
        }
        FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        try {
            return new FileRangeStream(rsync.errors(), key, channel, range);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private synchronized Slot take(ObjectKey key) {
        Slot slot = slots.computeIfAbsent(key, Slot::new);
        slot.users++;
        return slot;
    }

    /** Deletes the oldest objects until the cache is within its limits; objects in use stay. */
    private synchronized void giveBack(Slot used) {
        used.users--;
        long bytes = slots.values().stream().mapToLong(slot -> slot.bytes).sum();
        Iterator<Slot> oldest = slots.values().iterator();
        while (oldest.hasNext() && (bytes > maxBytes || slots.size() > MAX_OBJECTS || used.isEmpty())) {
            Slot slot = oldest.next();
            boolean isExcess = bytes > maxBytes || slots.size() > MAX_OBJECTS || slot.isEmpty();
            if (slot.users == 0 && isExcess) {
                bytes -= slot.bytes;
                slot.delete();
                oldest.remove();
            }
        }
    }

    /** The entry of one object. The lock guards the directory; the cache guards the other fields. */
    private final class Slot {
        private final ObjectKey key;
        private final ReentrantLock lock = new ReentrantLock();
        private Optional<Path> directory = Optional.empty();
        private volatile long bytes;
        private int users;

        Slot(ObjectKey key) {
            this.key = key;
        }

        Path directory() throws IOException {
            if (directory.isEmpty() || !Files.isDirectory(directory.get())) {
                directory = Optional.of(rsync.work().newDirectory("got"));
            }
            return directory.get();
        }

        boolean isEmpty() {
            return directory.isEmpty();
        }

        /** A failed fetch may have left a temporary file of rsync. */
        void settle(boolean fetched) {
            try {
                bytes = fetched ? Files.size(directory().resolve(key.value())) : 0;
            } catch (IOException e) {
                bytes = 0;
            }
            if (!fetched) {
                delete();
            }
        }

        void delete() {
            directory.ifPresent(WorkDirectory::deleteTree);
            directory = Optional.empty();
        }
    }
}
