// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The last segments for which archive_command has started Java on this host; the launcher has acknowledged those
 * between them by itself. A hint for operators: it may be lost, and a failure to read or write it is not an error. Safe
 * between processes.
 */
public final class JavaStarts {
    /** How many of the last segments are looked at. */
    public static final int MAX_SEGMENTS = 64;

    /** Beyond this length the file is written again with its last lines. */
    private static final long MAX_BYTES = 4096;

    private final Path spool;
    private final Path file;

    public JavaStarts(Path spool, ClusterName cluster) {
        this.spool = spool;
        this.file = SpoolPart.STARTED.in(spool).resolve(cluster.value());
    }

    /**
     * How often archive_command started Java. Immutable.
     *
     * @param starts for how many of the segments
     * @param segments at most {@value #MAX_SEGMENTS}
     */
    public record Share(int starts, int segments) {}

    /** Notes a segment that this process has archived for PostgreSQL. Does nothing if there is no spool. */
    public void add(Segment segment) {
        Path directory = file.getParent();
        if (!Files.isDirectory(spool) || directory == null) {
            return;
        }
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            if (append(segment.name() + "\n") > MAX_BYTES) {
                List<String> lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
                List<String> last = lines.subList(Math.max(0, lines.size() - MAX_SEGMENTS), lines.size());
                UnsyncedFile.replace(file, (String.join("\n", last) + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // An operator sees a smaller number.
        }
    }

    /** Returns the length of the file. */
    private long append(String line) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
            return channel.size();
        }
    }

    /**
     * Counts the segments of one timeline that were archived since the first one that is noted here.
     *
     * @param newest the segment that was archived last
     * @return empty if nothing is noted for its timeline
     */
    public Optional<Share> upTo(Segment newest, WalSegmentSize size) {
        List<Long> noted = noted(newest, size);
        if (noted.isEmpty()) {
            return Optional.empty();
        }
        long last = Math.max(newest.index(size), noted.getLast());
        long first = Math.max(noted.getFirst(), last - MAX_SEGMENTS + 1);
        return Optional.of(
                new Share((int) noted.stream().filter(index -> index >= first).count(), (int) (last - first + 1)));
    }

    /** The numbers of the segments of a timeline, in order. */
    private List<Long> noted(Segment newest, WalSegmentSize size) {
        try {
            return Files.readAllLines(file, StandardCharsets.US_ASCII).stream()
                    .filter(line -> WalFile.NAME.matcher(line).matches())
                    .map(WalFile::parse)
                    .filter(Segment.class::isInstance)
                    .map(Segment.class::cast)
                    .filter(segment -> segment.timeline().equals(newest.timeline()) && segment.fits(size))
                    .map(segment -> segment.index(size))
                    .distinct()
                    .sorted()
                    .toList();
        } catch (IOException | IllegalArgumentException e) {
            return List.of();
        }
    }
}
