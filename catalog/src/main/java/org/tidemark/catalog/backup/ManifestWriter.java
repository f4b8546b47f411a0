// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.tidemark.core.PathBytes;

/**
 * Collects the entries of a manifest in any order and returns its parts in the order of paths. Bounded in memory by
 * {@link PathSorter}. Not thread-safe.
 */
public final class ManifestWriter implements AutoCloseable {
    /** A part ends with the line that reaches this length. */
    public static final int PART_BYTES = 4 << 20;

    /** Where another manifest tells where parts end, they have at least this length. */
    static final int LEAST_BYTES = PART_BYTES / 4;

    /** Where another manifest tells where parts end, one ends with the line that reaches this length in any case. */
    static final int MOST_BYTES = PART_BYTES * 2;

    private final PathSorter sorter;

    /** Temporary files are written into {@code directory}; {@link #close} removes them. */
    public ManifestWriter(Path directory) {
        this(directory, "manifest");
    }

    /** The names of the temporary files begin with {@code name}, which no other writer has. */
    public ManifestWriter(Path directory, String name) {
        this.sorter = new PathSorter(directory, name);
    }

    /** A directory may be added more than once; the same entry is written once. */
    public void add(ManifestEntry entry) throws IOException {
        sorter.add(entry.path(), ManifestLine.encode(entry));
    }

    /** The parts in their order; called after the last {@link #add}. */
    public Parts parts() throws IOException {
        return new Parts(sorter.sorted(), PART_BYTES, List.of());
    }

    /**
     * The parts in their order, which begin where those of another manifest do: so most of them are the same where few
     * lines are not. Called after the last {@link #add}.
     *
     * @param firsts the first path of each part of the other manifest
     */
    public Parts partsAs(Collection<String> firsts) throws IOException {
        return new Parts(sorter.sorted(), MOST_BYTES, firsts);
    }

    @Override
    public void close() throws IOException {
        sorter.close();
    }

    /**
     * A part of the manifest.
     *
     * @param first the path of its first line
     * @param text which nobody changes
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed on to be stored, never compared.
    public record Part(String first, byte[] text) {}

    /** The parts, one after the other. Not thread-safe. */
    public static final class Parts {
        private final PathSorter.Sorted lines;
        private final int mostBytes;
        private final NavigableSet<String> firsts = new TreeSet<>(ManifestEntry.PATH_ORDER);
        private Optional<PathSorter.Item> previous = Optional.empty();
        /** The line that was read and belongs to the next part. */
        private Optional<PathSorter.Item> next = Optional.empty();

        private Parts(PathSorter.Sorted lines, int mostBytes, Collection<String> firsts) {
            this.lines = lines;
            this.mostBytes = mostBytes;
            this.firsts.addAll(firsts);
        }

        /**
         * The next part; empty after the last one.
         *
         * @throws IOException also if two different entries have the same path
         */
        public Optional<Part> next() throws IOException {
            Optional<PathSorter.Item> line = next.isPresent() ? next : nextLine();
            next = Optional.empty();
            if (line.isEmpty()) {
                return Optional.empty();
            }
            String first = path(line.get());
            String last = first;
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            part.write(line.get().content());
            while (part.size() < mostBytes && next.isEmpty()) {
                line = nextLine();
                if (line.isEmpty()) {
                    break;
                }
                String path = path(line.get());
                if (part.size() >= LEAST_BYTES
                        && !firsts.subSet(last, false, path, true).isEmpty()) {
                    next = line;
                } else {
                    part.write(line.get().content());
                    last = path;
                }
            }
            return Optional.of(new Part(first, part.toByteArray()));
        }

        private static String path(PathSorter.Item line) {
            return PathBytes.decode(line.path());
        }

        private Optional<PathSorter.Item> nextLine() throws IOException {
            Optional<PathSorter.Item> line = lines.next();
            while (line.isPresent() && !isNew(line.get())) {
                line = lines.next();
            }
            previous = line;
            return line;
        }

        private boolean isNew(PathSorter.Item line) throws IOException {
            if (previous.isEmpty() || !Arrays.equals(previous.get().path(), line.path())) {
                return true;
            }
            if (Arrays.equals(previous.get().content(), line.content())) {
                return false;
            }
            throw new IOException(
                    "'" + new String(line.path(), StandardCharsets.UTF_8) + "' occurs twice in the backup");
        }
    }
}
