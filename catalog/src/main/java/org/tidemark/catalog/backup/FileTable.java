// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.core.PathBytes;

/**
 * The files of a backup, numbered from 0, and how many pieces each of them still lacks. A million small files take some
 * 50 MiB. Filled by one thread, then used by many.
 */
public final class FileTable {
    /** Odd, so that neighbouring names are spread. */
    private static final int HASH_FACTOR = 0x9E3779B1;

    private final Columns.Bytes paths = new Columns.Bytes();
    private final Columns.Longs sizes = new Columns.Longs();
    /** Seconds since 1970, and the nanoseconds after them. */
    private final Columns.Longs seconds = new Columns.Longs();

    private final Columns.Ints nanos = new Columns.Ints();
    private final Columns.Ints modes = new Columns.Ints();
    private final Columns.Ints pieces = new Columns.Ints();
    private AtomicIntegerArray missing = new AtomicIntegerArray(0);
    /** Numbers of files plus 1, each at the first free place after the hash of its path; empty until asked for. */
    private int[] slots = new int[0];

    /** Its number. */
    public int add(FileEntry entry) {
        paths.add(PathBytes.encode(entry.path()));
        sizes.add(entry.size());
        Instant modified = entry.modified();
        seconds.add(modified.getEpochSecond());
        nanos.add(modified.getNano());
        modes.add(entry.mode());
        pieces.add(entry.pieces().size());
        return modes.size() - 1;
    }

    /** Adds a file with its pieces, which follow each other in the table; its number. */
    public int add(FileEntry entry, PieceTable table) {
        int file = add(entry);
        entry.pieces().forEach(piece -> table.add(piece, file));
        return file;
    }

    /** To be called between the last {@link #add(FileEntry)} and the first {@link #placed}. */
    public void complete() {
        missing = new AtomicIntegerArray(size());
        for (int file = 0; file < size(); file++) {
            missing.set(file, pieces.get(file));
        }
    }

    public int size() {
        return modes.size();
    }

    /** As in the manifest. */
    public String path(int file) {
        return PathBytes.decode(paths.get(file));
    }

    /** The number of the file with a path; -1 if there is none. The first call takes longer. Not thread-safe. */
    public int find(String path) {
        if (slots.length == 0) {
            slots = new int[Integer.highestOneBit(Math.max(size(), 1)) << 2];
            for (int file = 0; file < size(); file++) {
                slots[slot(path(file))] = file + 1;
            }
        }
        return slots[slot(path)] - 1;
    }

    private int slot(String path) {
        int slot = path.hashCode() * HASH_FACTOR & slots.length - 1;
        while (slots[slot] != 0 && !path(slots[slot] - 1).equals(path)) {
            slot = slot + 1 & slots.length - 1;
        }
        return slot;
    }

    public int mode(int file) {
        return modes.get(file);
    }

    /** In bytes. */
    public long size(int file) {
        return sizes.get(file);
    }

    /** When its content was last changed. */
    public Instant modified(int file) {
        return Instant.ofEpochSecond(seconds.get(file), nanos.get(file));
    }

    public boolean isEmpty(int file) {
        return pieces.get(file) == 0;
    }

    public int missing(int file) {
        return missing.get(file);
    }

    /** Takes note that a piece is in place; true if it was the last one that the file lacked. */
    public boolean placed(int file) {
        return missing.decrementAndGet(file) == 0;
    }
}
