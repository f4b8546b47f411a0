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
 * Whole objects, fetched because rsync reads no ranges, and the last of them kept for the next range. Whether a kept
 * one is still what the server has is asked of the server at each opening: rsync itself compares size and time, and
 * sends nothing if they are the same. Thread-safe.
 */
final class FetchCache {
    /** However small they are. */
    private static final int MAX_KEPT = 64;

    private final Rsync rsync;
    private final Lookup lookup;
    private final long maxBytes;

    /** From the one that was used longest ago to the last one. */
    private final Map<ObjectKey, Slot> slots = new LinkedHashMap<>(16, 0.75f, true);

    FetchCache(Rsync rsync, Lookup lookup, long maxBytes) {
        this.rsync = rsync;
        this.lookup = lookup;
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
                    .unavailable(Operation.READ, key.value(), "interrupted while another thread fetched it", e);
        } finally {
            giveBack(slot);
        }
    }

    private InputStream fetch(ObjectKey key, ByteRange range, Slot slot) throws StorageException {
        boolean fetched = false;
        try {
            Path directory = slot.directory();
            List<String> said = new ArrayList<>();
            Ended ended = rsync.pull(
                    Operation.READ,
                    key.value(),
                    List.of(
                            "--times",
                            // Or times would be compared by whole seconds.
                            "--modify-window=-1",
                            "--links",
                            "--chmod=F600",
                            "--relative",
                            "--no-implied-dirs",
                            "--ignore-missing-args",
                            // Twice: a line also for what is the same as here, so that no line means absent.
                            "-ii",
                            "--out-format=%i %n"),
                    key.value(),
                    Optional.of(directory),
                    RsyncProgram.NOTHING,
                    line -> said.add(line) && said.size() < 100);
            if (!ended.ok()) {
                throw rsync.errors().of(Operation.READ, key.value(), ended);
            }
            Path file = directory.resolve(key.value());
            if (said.stream().noneMatch(line -> line.matches("[.>c][fL].* " + Pattern.quote(key.value())))) {
                throw missing(key, said);
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

    /** Rsync names it where a directory stands, or what no store holds; else there is nothing. */
    private StorageException missing(ObjectKey key, List<String> said) throws StorageException {
        if (said.stream().anyMatch(line -> line.contains(key.value()))
                && lookup.stat(key).isPresent()) {
            return rsync.errors().unavailable(Operation.READ, key.value(), "the server did not send it: " + said);
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

    /** Deletes what is too much, the oldest first; what is being fetched stays. */
    private synchronized void giveBack(Slot used) {
        used.users--;
        long bytes = slots.values().stream().mapToLong(slot -> slot.bytes).sum();
        Iterator<Slot> oldest = slots.values().iterator();
        while (oldest.hasNext() && (bytes > maxBytes || slots.size() > MAX_KEPT || used.isEmpty())) {
            Slot slot = oldest.next();
            boolean tooMuch = bytes > maxBytes || slots.size() > MAX_KEPT || slot.isEmpty();
            if (slot.users == 0 && tooMuch) {
                bytes -= slot.bytes;
                slot.delete();
                oldest.remove();
            }
        }
    }

    /** The place of one object. What is not final is guarded: the directory by the lock, the rest by the cache. */
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

        /** A fetch that failed may have left a part, under a name of rsync's own. */
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
            directory.ifPresent(DirectoryTree::delete);
            directory = Optional.empty();
        }
    }
}
