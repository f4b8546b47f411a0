// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.prefetch;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.SpoolPart;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.ServerRun;

/**
 * The directory in which the launcher finds WAL that was fetched ahead for one run of a server. Its layout is fixed in
 * docs/design/prefetch.md, and the launcher reads it with the built-ins of a shell. Not thread-safe.
 */
public final class PrefetchDirectory implements Closeable {
    static final String STATE = "state";
    static final String ASKED = "asked";
    static final String ANSWERED = "answered";
    private static final String STARTING = "starting";
    private static final String LOCK = "lock";
    private static final String TEMPORARY = ".new";
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ALONE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    /** The space that stays free on the disk, which may be the disk of pg_wal. */
    private static final long FREE_BYTES = 256L << 20;

    private static final Path BELOW = SpoolPart.PREFETCH.in(Path.of(""));

    private final Path directory;
    private final Path segments;
    private @Nullable FileChannel channel;
    private @Nullable FileLock lock;

    private PrefetchDirectory(Path directory, Path segments) {
        this.directory = directory;
        this.segments = segments;
    }

    /**
     * The directory for one run of a server; nothing is made yet.
     *
     * @param known a spool directory that the launcher looks at without a configuration
     * @param spool the spool directory, which holds the segments
     */
    public static PrefetchDirectory of(Path known, Path spool, ServerRun server) {
        return new PrefetchDirectory(
                known.resolve(BELOW).resolve(server.key()), spool.resolve(BELOW).resolve(server.key()));
    }

    /**
     * Makes it, with mode 0700.
     *
     * @throws IOException if it cannot be made, or belongs to somebody else
     */
    public void make() throws IOException {
        for (Path path : List.of(directory, segments)) {
            Files.createDirectories(path.getParent() == null ? path : path.getParent(), OWNER_ALONE);
            try {
                Files.createDirectory(path, OWNER_ALONE);
            } catch (FileAlreadyExistsException e) {
                requireOurs(path);
            }
        }
    }

    private static void requireOurs(Path path) throws IOException {
        if (!isOurs(path)) {
            throw new IOException("'" + path + "' belongs to somebody else");
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    }

    private static boolean isOurs(Path path) {
        try {
            return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    && Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                            .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a prefetcher works in it. */
    public boolean isTaken() throws IOException {
        boolean mine = lock();
        close();
        return !mine;
    }

    /** Whether so much can be written, and enough stays free on the disk. */
    public boolean hasRoomFor(long bytes) {
        return DiskSpace.of(segments)
                .filter(space -> space.freeBytes() >= FREE_BYTES + bytes)
                .isPresent();
    }

    /** Takes it for this process; false if another one has it. */
    boolean lock() throws IOException {
        FileChannel opened = FileChannel.open(
                directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
        FileLock taken = null;
        try {
            taken = opened.tryLock();
        } catch (OverlappingFileLockException e) {
            return false;
        } finally {
            if (taken == null) {
                opened.close();
            }
        }
        channel = taken == null ? null : opened;
        lock = taken;
        return taken != null;
    }

    /** Tells the launcher that a prefetcher is being started, so that it waits for it. */
    public void announce(RunningProcess process) throws IOException {
        write(STARTING, process + "\n");
    }

    /**
     * Tells the launcher whose segments these are: from now on it delivers them.
     *
     * @param options of the restore_command, as the launcher gave them
     * @param histories the names of the histories in pg_wal, each followed by a space
     */
    void publish(String options, String histories, ServerRun server) throws IOException {
        List<String> lines =
                new ArrayList<>(List.of(RunningProcess.self().toString(), segments.toString(), options, histories));
        lines.addAll(server.lines());
        write(STATE, String.join("\n", lines) + "\n");
    }

    /** Whether what was published last was published by this process. */
    boolean isOurs() {
        try {
            return Files.readString(directory.resolve(STATE), StandardCharsets.ISO_8859_1)
                    .startsWith(RunningProcess.self() + "\n");
        } catch (IOException e) {
            return false;
        }
    }

    /** From now on nothing is delivered from here. */
    void withdraw() throws IOException {
        Files.deleteIfExists(directory.resolve(STATE));
    }

    /** Takes the launcher's request away, and returns it; empty if there is none. */
    Optional<Request> takeRequest() throws IOException {
        String text;
        try {
            text = Files.readString(directory.resolve(ASKED), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        int end = text.indexOf('\n');
        if (end < 0) {
            return Optional.empty(); // is being written
        }
        Files.deleteIfExists(directory.resolve(ASKED));
        String[] words = text.substring(0, end).split(" ", -1);
        return words.length == 2 && words[1].matches("[0-9]+")
                ? Optional.of(new Request(words[0], words[1]))
                : Optional.empty();
    }

    void answer(Request request, Verdict verdict) throws IOException {
        write(ANSWERED, request.file() + " " + request.launcher() + " " + verdict.word + "\n");
    }

    /** The path of a segment that is ready. */
    Path ready(String segment) {
        return segments.resolve(segment);
    }

    /** The path of a segment while it is being written. */
    Path unfinished(String segment) {
        return segments.resolve(segment + TEMPORARY);
    }

    /** The path of the file that answers one request. */
    Path requested(Request request) {
        return segments.resolve("answer." + request.launcher());
    }

    Path directory() {
        return directory;
    }

    Path segments() {
        return segments;
    }

    /** Removes every file except the lock and the announcement. */
    void empty() throws IOException {
        for (Path path : List.of(directory, segments)) {
            for (String name : names(path)) {
                if (!name.equals(LOCK) && !name.equals(STARTING)) {
                    Files.deleteIfExists(path.resolve(name));
                }
            }
        }
    }

    /** Removes it with everything in it. */
    void remove() throws IOException {
        withdraw();
        empty();
        Files.deleteIfExists(directory.resolve(STARTING));
        Files.deleteIfExists(directory.resolve(LOCK));
        if (!segments.equals(directory)) {
            Files.deleteIfExists(segments);
        }
        Files.deleteIfExists(directory);
    }

    /** Removes what prefetchers left that were killed: directories of servers that are gone. */
    void removeLeftovers() throws IOException {
        for (Path path : List.of(directory, segments)) {
            Path parent = path.getParent();
            if (parent == null) {
                continue;
            }
            for (String name : names(parent)) {
                Path other = parent.resolve(name);
                if (!other.equals(directory) && !other.equals(segments) && name.matches("[0-9]+\\.[0-9]+")) {
                    removeLeftover(other);
                }
            }
        }
    }

    /** The server may run in a container of its own, where its process has another id: the lock decides. */
    private static void removeLeftover(Path other) throws IOException {
        if (!isOurs(other)) {
            return;
        }
        PrefetchDirectory leftover = new PrefetchDirectory(other, other);
        Optional<Path> elsewhere = leftover.publishedSegments()
                .filter(path ->
                        !path.equals(other) && isOurs(path) && path.endsWith(BELOW.resolve(other.getFileName())));
        if (elsewhere.isEmpty() && !Files.exists(other.resolve(LOCK))) {
            return; // the segments of one whose state is elsewhere
        }
        try (leftover) {
            if (leftover.lock()) {
                new PrefetchDirectory(other, elsewhere.orElse(other)).remove();
            }
        }
    }

    private Optional<Path> publishedSegments() {
        try {
            List<String> lines = Files.readString(directory.resolve(STATE), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return lines.size() > 1 ? Optional.of(Path.of(lines.get(1))) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void write(String name, String text) throws IOException {
        Path temporary = directory.resolve(name + TEMPORARY);
        Files.writeString(temporary, text, StandardCharsets.UTF_8);
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
        Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static List<String> names(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? List.of() : List.of(names);
    }

    @Override
    public void close() {
        try {
            if (lock != null) {
                lock.release();
            }
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lock = null;
        channel = null;
    }

    /**
     * A file that a launcher waits for.
     *
     * @param launcher the id of its process
     */
    record Request(String file, String launcher) {}

    /** The answer to a launcher. */
    enum Verdict {
        /** The file is at {@link PrefetchDirectory#requested}. */
        DELIVERED("delivered"),
        /** It is certain that there is no such file for this recovery. */
        ABSENT("absent"),
        /** The launcher has to find out itself, and to say what is wrong. */
        UNCERTAIN("uncertain");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }
    }
}
