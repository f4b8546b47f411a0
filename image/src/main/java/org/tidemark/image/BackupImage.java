// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleFrames.FrameBuffer;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.LastUsed;
import org.tidemark.core.Sorted;

/**
 * A backup as a tree of files that can be listed, and read at any offset. Only the frames are read that hold what is
 * asked for, each by one thread for all that ask for it; those that were used last are kept. Its tables take as much
 * memory as a restore's, see {@link PieceTable}. Thread-safe.
 */
public final class BackupImage {
    private final FileTable files;
    private final PieceTable pieces;
    /** Directories and links, in the order of paths. */
    private final NavigableMap<String, Entry> others;

    private final int[] order;
    private final BackupFrames source;
    private final LastUsed<FramePlace, byte[]> frames;

    private record FramePlace(int bundle, long start) {}

    /** What a directory holds, with its path from the data directory on. */
    public sealed interface Entry {
        String path();
    }

    /** A directory with its rights, such as 0700. */
    public record Directory(String path, int mode) implements Entry {}

    /** A symbolic link, with its target as it holds it. */
    public record Link(String path, String target) implements Entry {}

    /**
     * A file that can be read.
     *
     * @param mode its rights, such as 0600
     * @param size in bytes
     * @param modified when its content was last changed
     */
    public record File(String path, int mode, long size, Instant modified) implements Entry {}

    private BackupImage(Tables tables, BackupSources sources, BaseBackup backup, long cacheBytes) {
        this.files = tables.files;
        this.pieces = tables.pieces;
        this.others = tables.others;
        files.find(""); // makes it ready for several threads
        this.order = pieces.inStoredOrder();
        this.source = new BackupFrames(sources, backup, files);
        this.frames = new LastUsed<>(cacheBytes, data -> data.length);
    }

    /** What a manifest, or a part of it, is read into. */
    private static final class Tables {
        private final FileTable files = new FileTable();
        private final PieceTable pieces = new PieceTable();
        private final NavigableMap<String, Entry> others = new TreeMap<>(ManifestEntry.PATH_ORDER);

        /** In the order of paths. */
        void add(ManifestEntry entry) {
            switch (entry) {
                case FileEntry file -> files.add(file, pieces);
                case DirectoryEntry directory ->
                    others.put(directory.path(), new Directory(directory.path(), directory.mode()));
                case LinkEntry link -> others.put(link.path(), new Link(link.path(), link.target()));
            }
        }
    }

    /**
     * Opens a backup: reads its manifest.
     *
     * @param cacheBytes so many bytes of frames are kept, besides those that are being read; a frame has 1 MiB at most
     * @throws DamagedObjectException if no repository has an intact manifest
     */
    public static BackupImage open(BackupSources sources, BaseBackup backup, long cacheBytes) throws IOException {
        return new BackupImage(sources.read(catalog -> whole(catalog, backup)), sources, backup, cacheBytes);
    }

    /**
     * Opens some files of a backup alone, without the tree around them. Only those parts of the manifest are read that
     * can have them.
     *
     * @param paths those that the backup does not have are left out
     * @throws DamagedObjectException if no repository has these parts intact
     */
    public static BackupImage of(BackupSources sources, BaseBackup backup, Set<String> paths, long cacheBytes)
            throws IOException {
        Collection<ManifestEntry> found =
                sources.read(catalog -> catalog.manifest(backup).find(paths)).values();
        Tables tables = new Tables();
        found.stream()
                .filter(FileEntry.class::isInstance)
                .sorted((one, other) -> ManifestEntry.PATH_ORDER.compare(one.path(), other.path()))
                .forEach(tables::add);
        return new BackupImage(tables, sources, backup, cacheBytes);
    }

    private static Tables whole(BackupCatalog catalog, BaseBackup backup) throws IOException {
        Tables tables = new Tables();
        ManifestReader manifest = catalog.manifest(backup);
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            tables.add(next.get());
        }
        return tables;
    }

    /** What has this path; empty for the data directory itself. */
    public Optional<Entry> find(String path) {
        int number = files.find(path);
        return number < 0 ? Optional.ofNullable(others.get(path)) : Optional.of(file(number));
    }

    /** What is directly in a directory, in the order of paths: the files first, then directories and links. */
    public List<Entry> list(String directory) {
        String prefix = directory.isEmpty() ? "" : directory + "/";
        List<Entry> found = new ArrayList<>();
        for (int place = placeOf(prefix);
                place < files.size() && files.path(place).startsWith(prefix); ) {
            String path = files.path(place);
            int slash = path.indexOf('/', prefix.length());
            if (slash < 0) {
                found.add(file(place));
                place++;
            } else {
                // '0' comes after '/': the first file that is not below that directory.
                place = placeOf(path.substring(0, slash) + "0");
            }
        }
        others.tailMap(prefix, false).values().stream()
                .takeWhile(each -> each.path().startsWith(prefix))
                .filter(each -> each.path().indexOf('/', prefix.length()) < 0)
                .forEach(found::add);
        return found;
    }

    private File file(int number) {
        return new File(files.path(number), files.mode(number), files.size(number), files.modified(number));
    }

    /** The number of the first file whose path is not before this one. */
    private int placeOf(String path) {
        return Sorted.first(files.size(), file -> ManifestEntry.PATH_ORDER.compare(files.path(file), path) >= 0);
    }

    /**
     * Makes a file of this image ready to be read.
     *
     * @throws IllegalArgumentException if it is not of this image
     */
    public Content open(File file) {
        int number = files.find(file.path());
        if (number < 0) {
            throw new IllegalArgumentException("no file of this backup: '" + file.path() + "'");
        }
        List<Part> parts = new ArrayList<>();
        for (int piece = pieces.firstOf(number); piece < pieces.firstOf(number + 1); piece++) {
            for (Stretch each : pieces.written(piece)) {
                parts.add(new Part(each.at(), each.sizeBytes(), piece, each.offset()));
            }
        }
        return new Content(file.size(), parts);
    }

    /** Bytes of a file that follow each other in a piece as well. */
    private record Part(long at, int sizeBytes, int piece, int offset) {}

    /** The bytes of one file. Thread-safe. */
    public final class Content {
        private final long size;
        private final long[] begins;
        private final Part[] parts;

        private Content(long size, List<Part> parts) {
            this.size = size;
            this.parts = parts.stream()
                    .sorted((one, other) -> Long.compare(one.at(), other.at()))
                    .toArray(Part[]::new);
            this.begins = Arrays.stream(this.parts).mapToLong(Part::at).toArray();
        }

        /** In bytes. */
        public long size() {
            return size;
        }

        /**
         * Reads as many bytes as there are, up to {@code length}; nothing at the end of the file and after it.
         *
         * @param at the offset in the file, 0 or more
         * @param offset where they are put
         * @return how many were read
         * @throws DamagedObjectException if no repository has them intact; then some may have been put
         */
        public int read(long at, byte[] into, int offset, int length) throws IOException {
            int read = 0;
            int wanted = (int) Math.max(0, Math.min(length, size - at));
            while (read < wanted) {
                int found = Arrays.binarySearch(begins, at + read);
                // The manifest has every byte of a file in one piece, or its entry is refused when it is read.
                Part part = parts[found >= 0 ? found : -found - 2];
                int skipped = (int) (at + read - part.at());
                int count = Math.min(wanted - read, part.sizeBytes() - skipped);
                System.arraycopy(
                        frame(part.piece()),
                        pieces.offset(part.piece()) + part.offset() + skipped,
                        into,
                        offset + read,
                        count);
                read += count;
            }
            return read;
        }

        /** The whole file, which is to be small. */
        public byte[] readAll() throws IOException {
            byte[] bytes = new byte[Math.toIntExact(size)];
            read(0, bytes, 0, bytes.length);
            return bytes;
        }
    }

    /** The data of a piece's frame, as far as pieces of this image need it. */
    private byte[] frame(int piece) throws IOException {
        return frames.get(new FramePlace(pieces.bundle(piece), pieces.start(piece)), () -> {
            FrameRun run = FrameRun.ofFrame(pieces, order, piece);
            byte[][] data = {{}};
            source.read(run, new FrameBuffer(), (from, to, bytes) -> data[0] = Arrays.copyOf(bytes, end(run)));
            return data[0];
        });
    }

    private int end(FrameRun frame) {
        int end = 0;
        for (int place = frame.from(); place < frame.to(); place++) {
            int piece = order[place];
            end = Math.max(end, pieces.offset(piece) + pieces.size(piece));
        }
        return end;
    }
}
