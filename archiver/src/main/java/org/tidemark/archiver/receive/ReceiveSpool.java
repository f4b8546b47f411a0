// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.tidemark.archiver.receive.LocalReceiver.Arrival;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.IoAction;
import org.tidemark.core.LockedFile;
import org.tidemark.core.Lsn;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalRecords;

/**
 * The files of one incarnation that this host has received and not archived yet; their names are fixed in
 * docs/design/spool.md. What a process leaves that is killed, the next one continues. Not thread-safe, except
 * {@link #path} and {@link #remove}.
 */
public final class ReceiveSpool {
    private static final String OPEN = ".open";
    private static final String REFUSED = ".refused";
    private static final String SEAM = "seam";

    private final Path directory;
    private final WalSegmentSize size;

    private ReceiveSpool(Path directory, WalSegmentSize size) {
        this.directory = directory;
        this.size = size;
    }

    /** The directories of one cluster, which no other process of this host uses while this is open. */
    public static final class Claim implements AutoCloseable {
        private final Path directory;
        private final LockedFile lock;

        private Claim(Path directory, LockedFile lock) {
            this.directory = directory;
            this.lock = lock;
        }

        /** The directory that holds the files. */
        Path directory() {
            return directory;
        }

        /** The files of an incarnation. */
        ReceiveSpool of(SystemIdentifier system, WalSegmentSize size) throws IOException {
            Path incarnation = directory.resolve(system.toString());
            DurableFile.makeDirectories(incarnation, 0700);
            return new ReceiveSpool(incarnation, size);
        }

        @Override
        public void close() throws IOException {
            try (lock) {
                note(() -> lock.append(LocalReceiver.ending().getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    /**
     * Claims a cluster for this process.
     *
     * @param spool the host's spool directory
     * @param name the application_name of the receiver, which stays for {@link LocalReceiver}
     * @throws UserFacingException with LOCAL_FILES if another process receives WAL of the cluster
     */
    public static Claim claim(Path spool, ClusterName cluster, String name) throws IOException {
        Path directory = directory(spool, cluster);
        DurableFile.makeDirectories(directory, 0700);
        Path file = lock(directory);
        Optional<LockedFile> lock = LockedFile.take(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.isPresent()) {
            note(() -> lock.get().write(LocalReceiver.text(name).getBytes(StandardCharsets.UTF_8)));
            return new Claim(directory, lock.get());
        }
        throw new UserFacingException(
                ExitCode.LOCAL_FILES,
                "another wal-receive of cluster '" + cluster + "' runs on this host: it has locked '" + file + "'",
                "One is enough. See which process it is with: fuser '" + file + "'");
    }

    /** For {@link LocalReceiver}, which is a hint: it is not worth to stop on a full disk. */
    private static void note(IoAction writing) throws IOException {
        try {
            writing.run();
        } catch (IOException e) {
            if (!FileProblem.isFull(e)) {
                throw e;
            }
        }
    }

    /** The directories of a cluster, each of which is one incarnation's. */
    static Path directory(Path spool, ClusterName cluster) {
        return SpoolPart.RECEIVE.in(spool).resolve(cluster.value());
    }

    /** The file that the process has locked which receives WAL of a cluster. */
    static Path lock(Path directory) {
        return directory.resolve("lock");
    }

    /** The segment of a cluster that was written last, complete or not; empty if none is there. */
    static Optional<Arrival> last(Path directory) throws IOException {
        List<Arrival> written = new ArrayList<>();
        try (Stream<Path> found = Files.find(directory, 2, (_, attributes) -> attributes.isRegularFile())) {
            for (Path file : found.toList()) {
                if (walFile(file).orElse(null) instanceof Segment segment) {
                    try {
                        written.add(new Arrival(
                                segment, Files.getLastModifiedTime(file).toInstant()));
                    } catch (NoSuchFileException e) {
                        // It was completed or archived at this moment.
                    }
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return written.stream().max(Comparator.comparing(Arrival::at));
    }

    /**
     * The files that were received whole and are not archived yet.
     *
     * @param oldest when the oldest of it was complete
     */
    public record Waiting(int files, long bytes, Optional<Instant> oldest) {}

    /** The waiting files of all incarnations of a cluster, whether a receiver runs or not. */
    public static Waiting waiting(Path spool, ClusterName cluster) throws IOException {
        Path directory = directory(spool, cluster);
        int files = 0;
        long bytes = 0;
        Optional<Instant> oldest = Optional.empty();
        if (Files.isDirectory(directory)) {
            try (Stream<Path> found = Files.find(directory, 2, ReceiveSpool::isComplete)) {
                for (Path file : found.toList()) {
                    try {
                        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                        Instant since = attributes.lastModifiedTime().toInstant();
                        files++;
                        bytes += attributes.size();
                        oldest = oldest.filter(before -> before.isBefore(since)).or(() -> Optional.of(since));
                    } catch (NoSuchFileException e) {
                        // It was archived at this moment.
                    }
                }
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }
        return new Waiting(files, bytes, oldest);
    }

    private static boolean isComplete(Path file, BasicFileAttributes attributes) {
        return attributes.isRegularFile()
                && WalFile.NAME.matcher(String.valueOf(file.getFileName())).matches();
    }

    /**
     * The content of the directory.
     *
     * @param complete histories, segments and partial segments, in the order in which they are to be archived
     * @param open the segment that is being written
     */
    record Content(List<WalFile> complete, Optional<Segment> open) {
        /** The position that is needed next according to this content; empty if there is no segment. */
        Optional<WalPosition> next(WalSegmentSize size) {
            return open.map(segment -> WalPosition.startOf(segment, size))
                    .or(() -> complete.stream()
                            .filter(Segment.class::isInstance)
                            .map(Segment.class::cast)
                            .max(Comparator.naturalOrder())
                            .map(segment -> WalPosition.endOf(segment, size)));
        }
    }

    /** Lists the directory. If a crash left two segments open, the content names the newer one. */
    Content list() throws IOException {
        List<WalFile> complete = new ArrayList<>();
        List<Segment> open = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                walFile(file).ifPresent(wal -> {
                    if (!isOpen(file)) {
                        complete.add(wal);
                    } else if (wal instanceof Segment segment) {
                        open.add(segment);
                    }
                });
            }
        }
        complete.sort(ARCHIVING);
        return new Content(List.copyOf(complete), open.stream().max(Comparator.naturalOrder()));
    }

    private static boolean isOpen(Path file) {
        return String.valueOf(file.getFileName()).endsWith(OPEN);
    }

    /**
     * The WAL file, complete or not, that a file of the spool holds; empty for a leftover of a crash, and for a refused
     * file.
     */
    private static Optional<WalFile> walFile(Path file) {
        String name = String.valueOf(file.getFileName());
        String walName = isOpen(file) ? name.substring(0, name.length() - OPEN.length()) : name;
        return Optional.of(walName)
                .filter(each -> WalFile.NAME.matcher(each).matches())
                .map(WalFile::parse);
    }

    /** Histories first; a partial segment after the whole ones of its timeline. */
    private static final Comparator<WalFile> ARCHIVING = Comparator.<WalFile, Boolean>comparing(
                    file -> !(file instanceof TimelineHistoryFile))
            .thenComparing(WalFile::timeline)
            .thenComparing(WalFile::name);

    /** The last WAL of the newest complete segment, even if that is archived; empty if there was none. */
    Optional<LastReceived> lastReceived() throws IOException {
        return LastReceived.read(directory.resolve(SEAM));
    }

    /** The directory of all its files. */
    Path directory() {
        return directory;
    }

    /** The path of a complete file. */
    Path path(WalFile file) {
        return directory.resolve(file.name());
    }

    /** Removes a file that is archived. Not synced: one that comes back after a crash is archived again. */
    void remove(WalFile file) throws IOException {
        Files.deleteIfExists(path(file));
    }

    /** Puts a file aside that the pusher refuses. */
    void refuse(WalFile file) throws IOException {
        Files.move(
                path(file),
                directory.resolve(file.name() + REFUSED),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Keeps a history durably.
     *
     * @throws UserFacingException with WAL_CONFLICT if another history of this timeline is there
     */
    void keep(TimelineHistoryFile file, byte[] content) throws IOException {
        try {
            if (Arrays.equals(Files.readAllBytes(path(file)), content)) {
                return;
            }
        } catch (NoSuchFileException e) {
            DurableFile.create(path(file), content, DurableFile.mode(0600));
            return;
        }
        throw new UserFacingException(
                ExitCode.WAL_CONFLICT,
                "the server has another '" + file.name() + "' than the one that was received before, '" + path(file)
                        + "'",
                "Two servers were promoted to timeline " + file.timeline() + ". Decide which one counts"
                        + " (docs/repair/conflict.md), and connect to that one.");
    }

    /** Removes the histories of earlier timelines, once no WAL of these waits. */
    void forgetHistoriesBefore(Timeline timeline) throws IOException {
        List<WalFile> earlier = list().complete().stream()
                .filter(file -> file.timeline().compareTo(timeline) < 0)
                .toList();
        if (earlier.stream().allMatch(TimelineHistoryFile.class::isInstance)) {
            for (WalFile history : earlier) {
                remove(history);
            }
        }
    }

    /** The server sends other WAL than what is here, which stays as it is. */
    UserFacingException otherWal(Timeline timeline, Lsn at) {
        return new UserFacingException(
                ExitCode.WAL_CONFLICT,
                "the server has other WAL at " + at + " of timeline " + timeline + " than what was received before",
                "Was it set back to an older state, such as a snapshot, or is it a copy of the server? If it is a"
                        + " copy, correct conninfo. If it was set back, what to do is in"
                        + " docs/archive/wal-receive.md; WAL received from the earlier state is in '" + directory
                        + "'.");
    }

    /** Opens a segment to write it from its start. What was received of it before stays until it is written again. */
    OpenSegment open(Segment segment) throws IOException {
        Path file = open(segment.name());
        boolean isContinued = Files.exists(file);
        if (!isContinued) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw");
        try {
            bytes.setLength(size.bytes());
            // Also where it was there: its name may not be durable, if the one who made it was cut off.
            bytes.getFD().sync();
            DurableFile.sync(directory);
            return new OpenSegment(segment, file, bytes, isContinued);
        } catch (IOException e) {
            bytes.close();
            throw e;
        }
    }

    private Path open(String segment) {
        return directory.resolve(segment + OPEN);
    }

    /**
     * Ends every open segment but one.
     *
     * @param continued the one that goes on
     * @param archived whether the repositories hold the whole segment meanwhile; of another one, what was received
     *     becomes a partial segment
     * @return these partial segments
     */
    List<PartialSegment> endOthers(Segment continued, Predicate<Segment> archived) throws IOException {
        List<PartialSegment> partials = new ArrayList<>();
        for (Optional<Segment> open = openBesides(continued); open.isPresent(); open = openBesides(continued)) {
            Segment segment = open.get();
            PartialSegment partial = new PartialSegment(segment);
            if (archived.test(segment) || isEmpty(open(segment.name()))) {
                Files.delete(open(segment.name()));
            } else {
                DurableFile.sync(open(segment.name()));
                Files.move(open(segment.name()), path(partial), StandardCopyOption.ATOMIC_MOVE);
                partials.add(partial);
            }
        }
        DurableFile.sync(directory);
        return partials;
    }

    /** The end of the last whole record of a partial segment; where it has none, the start of the segment. */
    Lsn endOfRecords(PartialSegment partial) throws IOException {
        return endOfRecords(path(partial), partial.segment());
    }

    private Lsn endOfRecords(Path file, Segment segment) throws IOException {
        try (InputStream content = new BufferedInputStream(Files.newInputStream(file))) {
            return WalRecords.end(content, segment, size).orElse(segment.start(size));
        }
    }

    private Optional<Segment> openBesides(Segment continued) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(OPEN) && !name.equals(continued.name() + OPEN))
                    .map(name -> WalFile.parse(name.substring(0, name.length() - OPEN.length())))
                    .filter(Segment.class::isInstance)
                    .map(Segment.class::cast)
                    .findFirst();
        }
    }

    private static boolean isEmpty(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
            return bytes.length() < Long.BYTES || bytes.readLong() == 0;
        }
    }

    /**
     * The segment that is being written: a file of the segment's size. An interrupt does not close it. Not thread-safe.
     */
    final class OpenSegment implements AutoCloseable {
        private final Segment segment;
        private final Path file;
        private final RandomAccessFile bytes;
        /** Whether the file holds the WAL that follows, as far as it was received before. */
        private boolean isContinued;

        private int written;
        private int synced;

        private OpenSegment(Segment segment, Path file, RandomAccessFile bytes, boolean isContinued) {
            this.segment = segment;
            this.file = file;
            this.bytes = bytes;
            this.isContinued = isContinued;
        }

        Segment segment() {
            return segment;
        }

        /** The path at which the segment is being written. */
        Path file() {
            return file;
        }

        /** How many bytes were appended. */
        int written() {
            return written;
        }

        /**
         * Appends as much as the segment has room for.
         *
         * @throws UserFacingException with WAL_CONFLICT if it differs from a whole record that was received before
         */
        void append(ByteBuffer content) throws IOException {
            int count = Math.min(content.remaining(), size.bytes() - written);
            if (isContinued) {
                requireSame(content, count);
            }
            bytes.seek(written);
            bytes.write(content.array(), content.arrayOffset() + content.position(), count);
            content.position(content.position() + count);
            written += count;
        }

        /**
         * A server that was set back must not overwrite what was received of the other state. After the last whole
         * record the file may hold anything: zeros until something is received, or what a crash of the host has left.
         */
        private void requireSame(ByteBuffer content, int count) throws IOException {
            byte[] before = new byte[count];
            bytes.seek(written);
            bytes.readFully(before);
            int same = ByteBuffer.wrap(before).mismatch(content.slice(content.position(), count));
            if (same >= 0) {
                Lsn difference = segment.start(size).plus((long) written + same);
                if (difference.isBefore(endOfRecords(file, segment))) {
                    throw otherWal(segment.timeline(), difference);
                }
                isContinued = false;
            }
        }

        boolean isFull() {
            return written == size.bytes();
        }

        /** Makes durable what was appended. */
        void sync() throws IOException {
            if (synced < written) {
                bytes.getFD().sync();
                synced = written;
            }
        }

        /** Ends a full segment: it is durable under its own name. */
        Segment complete() throws IOException {
            sync();
            LastReceived last = LastReceived.of(segment, bytes, size);
            close();
            // Before its name: what is kept without its segment is asked for anyway.
            last.write(directory.resolve(SEAM));
            Files.move(file, path(segment), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            DurableFile.sync(directory);
            return segment;
        }

        /**
         * Ends a segment whose timeline has ended: with zeros after the end, it is durable as a partial one. What had
         * been received before of a server that wrote more of this timeline is kept: a commit may have waited for it.
         * Empty if nothing of the segment was received.
         */
        Optional<PartialSegment> cutOff() throws IOException {
            int end = written;
            if (isContinued) {
                end = Math.max(end, (int) endOfRecords(file, segment).minus(segment.start(size)));
            }
            if (end == 0) {
                close();
                Files.delete(file);
                return Optional.empty();
            }
            bytes.setLength(end);
            bytes.setLength(size.bytes());
            bytes.getFD().sync();
            close();
            PartialSegment partial = new PartialSegment(segment);
            Files.move(file, path(partial), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            DurableFile.sync(directory);
            return Optional.of(partial);
        }

        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }
}
