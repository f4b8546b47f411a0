// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import org.tidemark.core.PathBytes;

/**
 * Sorts records by the bytes of their paths; records of one path keep the order in which they came. Holds up to
 * {@value #MEMORY_BYTES} bytes in memory and the rest in sorted temporary files, so that a million files cost no more
 * memory than a thousand. Not thread-safe.
 */
public final class PathSorter implements AutoCloseable {
    /** What is held in memory before a run is written, the bookkeeping of Java included. */
    static final long MEMORY_BYTES = 32L << 20;

    /** An estimate of what a record costs besides its bytes: two arrays, one object, a place in a list. */
    private static final int OVERHEAD_BYTES = 64;

    private final Path directory;
    private final String name;
    private final long memoryBytes;
    private final List<Path> runs = new ArrayList<>();
    private final List<Item> items = new ArrayList<>();
    private final List<Run> open = new ArrayList<>();
    private long usedBytes;

    /**
     * A record with its path.
     *
     * @param content which nobody changes
     */
    @SuppressWarnings("ArrayRecordComponent") // Compared by path alone, and never by equals.
    public record Item(byte[] path, byte[] content) {
        private static final Comparator<Item> ORDER = (a, b) -> Arrays.compareUnsigned(a.path, b.path);
    }

    /** Runs are written as files of {@code directory} that begin with {@code name}; {@link #close} removes them. */
    public PathSorter(Path directory, String name) {
        this(directory, name, MEMORY_BYTES);
    }

    PathSorter(Path directory, String name, long memoryBytes) {
        this.directory = directory;
        this.name = name;
        this.memoryBytes = memoryBytes;
    }

    public void add(String path, byte[] content) throws IOException {
        Item item = new Item(PathBytes.encode(path), content);
        items.add(item);
        usedBytes += item.path.length + content.length + OVERHEAD_BYTES;
        if (usedBytes > memoryBytes) {
            writeRun();
        }
    }

    private void writeRun() throws IOException {
        items.sort(Item.ORDER);
        Path file = directory.resolve(name + "-" + runs.size());
        runs.add(file);
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            for (Item item : items) {
                out.writeInt(item.path.length);
                out.writeInt(item.content.length);
                out.write(item.path);
                out.write(item.content);
            }
        }
        items.clear();
        usedBytes = 0;
    }

    /** All records in order; called after the last {@link #add}. Valid until it is called again, or {@link #close}. */
    public Sorted sorted() throws IOException {
        items.sort(Item.ORDER);
        closeRuns();
        PriorityQueue<Run> heads =
                new PriorityQueue<>(Comparator.comparing((Run run) -> run.head.orElseThrow(), Item.ORDER)
                        .thenComparingInt(run -> run.number));
        for (Path file : runs) {
            Run run = new Run(open.size(), new DataInputStream(new BufferedInputStream(Files.newInputStream(file))));
            open.add(run);
            run.advance();
            heads.add(run);
        }
        return new Sorted(heads, items);
    }

    private void closeRuns() throws IOException {
        for (Run run : open) {
            run.in.close();
        }
        open.clear();
    }

    @Override
    public void close() throws IOException {
        closeRuns();
        for (Path run : runs) {
            Files.deleteIfExists(run);
        }
    }

    /** The merged records. Not thread-safe. */
    public static final class Sorted {
        private final PriorityQueue<Run> runs;
        private final List<Item> last;
        private int next;

        private Sorted(PriorityQueue<Run> runs, List<Item> last) {
            this.runs = runs;
            this.last = last;
        }

        /** Empty after the last record. */
        public Optional<Item> next() throws IOException {
            Optional<Item> inMemory = next < last.size() ? Optional.of(last.get(next)) : Optional.empty();
            Run run = runs.peek();
            // The records in memory came last, so among equal paths they are the last ones.
            if (run == null
                    || (inMemory.isPresent() && Item.ORDER.compare(inMemory.get(), run.head.orElseThrow()) < 0)) {
                next++;
                return inMemory;
            }
            runs.remove();
            Optional<Item> first = run.head;
            run.advance();
            if (run.head.isPresent()) {
                runs.add(run);
            }
            return first;
        }
    }

    private static final class Run {
        private final int number;
        private final DataInputStream in;
        private Optional<Item> head = Optional.empty();

        Run(int number, DataInputStream in) {
            this.number = number;
            this.in = in;
        }

        void advance() throws IOException {
            int pathLength;
            try {
                pathLength = in.readInt();
            } catch (EOFException e) {
                head = Optional.empty();
                return;
            }
            int contentLength = in.readInt();
            byte[] path = new byte[pathLength];
            byte[] content = new byte[contentLength];
            in.readFully(path);
            in.readFully(content);
            head = Optional.of(new Item(path, content));
        }
    }
}
