// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.LockedFile;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.ServerRun;

/**
 * Notes for the launcher that a segment is archived, for use without Java: an empty file with the segment's name and
 * the segment's time of modification, in a directory that belongs to one life of one server and to one identity of
 * archive_command. The layout is fixed in docs/design/spool.md, the reasons are in docs/adr/0061-one-process-ahead.md.
 * Only one process writes at a time. Not thread-safe, but {@link #acknowledge} is.
 *
 * <p>Nothing here is synced: after a crash of the machine none of it counts, since the machine has booted again.
 */
final class Acknowledgements implements AutoCloseable {
    private static final String CALL = "call";
    private static final String SERVER = "server";
    private static final String LATER = "later";
    private static final String FILE = "file-";
    private static final String LINK = "link-";
    private static final String FRESH = UnsyncedFile.TEMPORARY;
    private static final String GONE = ".old-";
    private static final String LOCK = ".lock";
    private static final String ARCHIVER = "archiver";
    private static final String BEGUN = "begun-";
    private static final String LATE = "late";
    private static final String MESSAGES = "messages";
    private static final int SEGMENT_NAME_LENGTH = 24;

    static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final LockedFile lock;

    private Acknowledgements(Path directory, LockedFile lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * The directory for a server and a call, made where it is missing, and emptied of everything that another call
     * left.
     *
     * @param root {@code v1/archived} of a spool that the launcher looks at
     * @param written when PostgreSQL wrote the server's postmaster.pid last
     * @return empty if another process has it, or the file system keeps times that are too coarse
     */
    static Optional<Acknowledgements> open(Path root, ServerRun server, FileTime written, CallIdentity call)
            throws IOException {
        if (!call.isReadable() || !isFine(written)) {
            return Optional.empty();
        }
        Files.createDirectories(root, PRIVATE_DIRECTORY);
        Optional<LockedFile> lock =
                LockedFile.take(root.resolve(server.key() + LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.isEmpty()) {
            dismissUnlessOf(root.resolve(server.key()), call);
            return Optional.empty();
        }
        Acknowledgements opened = null;
        try {
            removeEnded(root, server);
            Path directory = root.resolve(server.key());
            if (isOf(directory, written, call) || make(directory, written, call)) {
                opened = new Acknowledgements(directory, lock.get());
            }
        } finally {
            if (opened == null) {
                lock.get().close();
            }
        }
        return Optional.ofNullable(opened);
    }

    /** A process that serves a call which PostgreSQL no longer makes has to end: it archives to the wrong place. */
    private static void dismissUnlessOf(Path directory, CallIdentity call) throws IOException {
        if (Files.isRegularFile(directory.resolve(CALL)) && !line(directory).equals(call.line())) {
            Files.deleteIfExists(directory.resolve(ARCHIVER));
        }
    }

    /** Removes the notes of servers that have ended: no process writes there any more. */
    private static void removeEnded(Path root, ServerRun server) throws IOException {
        for (Path each : children(root)) {
            String name = String.valueOf(each.getFileName());
            String ofServer = name.startsWith(FRESH) || name.startsWith(GONE) ? name.substring(FRESH.length()) : name;
            if (ofServer.startsWith(server.key()) || !ServerRun.isGone(ofServer)) {
                continue;
            }
            if (Files.isDirectory(each)) {
                remove(each);
            } else {
                Files.deleteIfExists(each);
            }
        }
    }

    /** Whether the notes in a directory are of the server whose postmaster.pid was written then. */
    static boolean isOf(Path directory, FileTime written) throws IOException {
        return Files.isRegularFile(directory.resolve(CALL)) && hasTime(directory.resolve(SERVER), written);
    }

    /** Boot, checksum of the environment and arguments of the call that the notes are for. */
    static String line(Path directory) throws IOException {
        String text = Files.readString(directory.resolve(CALL), StandardCharsets.UTF_8);
        return text.substring(0, Math.max(0, text.indexOf('\n')));
    }

    /** Whether there is a note of a segment, as its file is now. */
    static boolean isNoted(Path directory, String segment, Path file) throws IOException {
        return Files.exists(file) && hasTime(directory.resolve(segment), Files.getLastModifiedTime(file));
    }

    /** Whether the notes in a directory are of this call. */
    static boolean isOf(Path directory, FileTime written, CallIdentity call) throws IOException {
        Path file = directory.resolve(CALL);
        if (!Files.isRegularFile(file)
                || !Files.readString(file, StandardCharsets.UTF_8).equals(call.text())
                || !hasTime(directory.resolve(SERVER), written)) {
            return false;
        }
        int number = 0;
        for (CallIdentity.ConfigurationFile each : call.files()) {
            number++;
            if (each.modified().isPresent()
                    && !isOf(directory, number, each, each.modified().get())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOf(Path directory, int number, CallIdentity.ConfigurationFile file, FileTime modified)
            throws IOException {
        Path link = directory.resolve(LINK + number);
        return hasTime(directory.resolve(FILE + number), modified)
                && Files.isSymbolicLink(link)
                && Files.readSymbolicLink(link).equals(file.real());
    }

    /** Made beside its place and renamed, since a directory counts as soon as it has its name. */
    private static boolean make(Path directory, FileTime written, CallIdentity call) throws IOException {
        remove(directory);
        Path fresh = directory.resolveSibling(FRESH + directory.getFileName());
        remove(fresh);
        Files.createDirectory(fresh, PRIVATE_DIRECTORY);
        Files.writeString(fresh.resolve(CALL), call.text(), StandardCharsets.UTF_8);
        boolean isFine = stamp(fresh.resolve(SERVER), written);
        // By this the launcher sees that its shell compares nanoseconds: some compare seconds.
        Instant later = written.toInstant().plusNanos(1);
        isFine &= stamp(fresh.resolve(LATER), FileTime.from(later));
        int number = 0;
        for (CallIdentity.ConfigurationFile each : call.files()) {
            number++;
            if (each.modified().isPresent()) {
                isFine &= stamp(fresh.resolve(FILE + number), each.modified().get());
                Files.createSymbolicLink(fresh.resolve(LINK + number), each.real());
            }
        }
        if (!isFine) {
            remove(fresh);
            return false;
        }
        Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    /**
     * From now on the launcher takes this segment for archived, as long as it has this time of modification.
     *
     * @param modified of the file whose bytes are archived, as it was before they were read
     */
    void acknowledge(Segment segment, FileTime modified) throws IOException {
        Path temporary = directory.resolve(FRESH + segment.name());
        Files.deleteIfExists(temporary);
        if (isFine(modified) && stamp(temporary, modified)) {
            Files.move(temporary, directory.resolve(segment.name()), StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.deleteIfExists(temporary);
        }
    }

    Path messages() {
        return directory.resolve(MESSAGES);
    }

    /** From now on the launcher waits for this process, for a short time, before it starts Java. */
    void serve(RunningProcess process) throws IOException {
        for (Path each : children(directory)) {
            if (String.valueOf(each.getFileName()).startsWith(BEGUN)) {
                Files.delete(each); // of a process that was killed
            }
        }
        Path fresh = directory.resolve(FRESH + ARCHIVER);
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PRIVATE_FILE);
        Files.writeString(fresh, process + "\n", StandardCharsets.UTF_8);
        Files.move(fresh, directory.resolve(ARCHIVER), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Ends the service: the launcher no longer waits for this process. */
    void withdraw() throws IOException {
        Files.deleteIfExists(directory.resolve(ARCHIVER));
    }

    /** This process archives the segment now. */
    void begin(Segment segment) throws IOException {
        Files.deleteIfExists(directory.resolve(BEGUN + segment.name()));
        Files.createFile(directory.resolve(BEGUN + segment.name()), PRIVATE_FILE);
    }

    /** Marks the segment as finished. */
    void end(Segment segment) throws IOException {
        Files.deleteIfExists(directory.resolve(BEGUN + segment.name()));
    }

    /** Whether the launcher may wait for this process. */
    static boolean isServedBy(Path directory, RunningProcess process) {
        try {
            return Files.readString(directory.resolve(ARCHIVER), StandardCharsets.UTF_8)
                    .equals(process + "\n");
        } catch (IOException e) {
            return false;
        }
    }

    /** When the launcher last timed out; it does not wait after that. Empty if it waits. */
    Optional<FileTime> lateSince() throws IOException {
        Path late = directory.resolve(LATE);
        return Files.exists(late) ? Optional.of(Files.getLastModifiedTime(late)) : Optional.empty();
    }

    /** The launcher waits again. */
    void inTime() throws IOException {
        Files.deleteIfExists(directory.resolve(LATE));
    }

    /** The segments that are acknowledged. */
    List<String> names() throws IOException {
        return children(directory).stream()
                .map(file -> String.valueOf(file.getFileName()))
                .filter(name -> name.length() == SEGMENT_NAME_LENGTH)
                .toList();
    }

    /**
     * Removes the notes of all segments that are not ready: PostgreSQL has been told. Returns the names of the others.
     */
    Set<String> keep(Set<String> ready) throws IOException {
        Set<String> kept = new TreeSet<>();
        for (String name : names()) {
            if (ready.contains(name)) {
                kept.add(name);
            } else {
                Files.deleteIfExists(directory.resolve(name));
            }
        }
        return kept;
    }

    /**
     * A time without a fraction of a second is most likely of a file system that keeps none: two versions of a file
     * could have the same one.
     */
    private static boolean isFine(FileTime time) {
        return time.to(TimeUnit.NANOSECONDS) % TimeUnit.SECONDS.toNanos(1) != 0;
    }

    /** Whether the file system has kept the time as it is. */
    private static boolean stamp(Path file, FileTime time) throws IOException {
        Files.createFile(file, PRIVATE_FILE);
        Files.setLastModifiedTime(file, time);
        return hasTime(file, time);
    }

    private static boolean hasTime(Path file, FileTime time) throws IOException {
        return Files.exists(file)
                && Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS) == time.to(TimeUnit.NANOSECONDS);
    }

    private static List<Path> children(Path directory) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(children::add);
        }
        return children;
    }

    /** At once for the launcher: it loses its name before it is emptied. */
    private static void remove(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        String name = String.valueOf(directory.getFileName());
        Path gone = directory;
        if (!name.startsWith(FRESH) && !name.startsWith(GONE)) {
            gone = directory.resolveSibling(GONE + name);
            remove(gone);
            Files.move(directory, gone, StandardCopyOption.ATOMIC_MOVE);
        }
        for (Path each : children(gone)) {
            Files.deleteIfExists(each);
        }
        Files.deleteIfExists(gone);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
