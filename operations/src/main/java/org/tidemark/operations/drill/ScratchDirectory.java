// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.SystemUser;
import org.tidemark.core.TreeRemoval;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ServerUser;

/**
 * The directory of one drill. A mark file in it names the process that owns it; the name of the directory does so at
 * its beginning and at its end, while the mark may be missing. Only what names its owner is removed, and no link is
 * followed. Its server is stopped first. Used by one thread.
 */
public final class ScratchDirectory implements AutoCloseable {
    private static final String PREFIX = "drill-";
    private static final String UNMARKED = ".drill-";
    private static final String MARK = "tidemark.drill";
    private static final String KEPT = "kept";

    /** An immediate shutdown takes milliseconds; until its processes have ended, they may still make files. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Path path;
    private boolean isKept;

    private ScratchDirectory(Path path) {
        this.path = path;
    }

    /** The path for the next drill; nothing is made. */
    public static Path next(Path parent, Instant now) {
        // Short, since the path of a socket has at most 107 bytes.
        return parent.resolve(PREFIX + Long.toString(now.toEpochMilli(), Character.MAX_RADIX));
    }

    /** Where the data directory is. */
    public static Path data(Path scratch) {
        return scratch.resolve("data");
    }

    /** Where the tablespaces are. */
    public static Path tablespaces(Path scratch) {
        return scratch.resolve("tablespaces");
    }

    /**
     * Makes it.
     *
     * @throws java.nio.file.FileSystemException if another drill has it
     */
    public static ScratchDirectory make(Path path) throws IOException {
        Files.createDirectories(path.getParent());
        Path unmarked = unmarked(path);
        Files.createDirectory(
                unmarked, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        mark(unmarked, "");
        Files.move(unmarked, path, StandardCopyOption.ATOMIC_MOVE);
        Files.createDirectory(
                path.resolve(HarmlessSettings.SOCKETS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(path.resolve(HarmlessSettings.HBA), "local all all trust\n");
        Files.writeString(path.resolve(HarmlessSettings.IDENT), "");
        return new ScratchDirectory(path);
    }

    /** A name beside a directory for as long as it has no mark, or may lose it. Nothing has it. */
    private static Path unmarked(Path path) throws IOException {
        Path unmarked = path.resolveSibling(
                unmarkedHere() + RunningProcess.self().toString().replace(' ', '-'));
        Files.deleteIfExists(unmarked.resolve(MARK));
        Files.deleteIfExists(unmarked);
        return unmarked;
    }

    /** What the names of this host's begin with. */
    private static String unmarkedHere() throws IOException {
        return UNMARKED + HostName.ofThisMachine() + "-";
    }

    private static void mark(Path directory, String kept) throws IOException {
        Files.writeString(
                directory.resolve(MARK), RunningProcess.self() + "\n" + HostName.ofThisMachine() + "\n" + kept + "\n");
    }

    public Path path() {
        return path;
    }

    /**
     * Neither {@link #close} nor a later drill removes it. Its server is stopped.
     *
     * @param harmless what holds however it is started
     */
    public void keep(HarmlessSettings harmless) throws IOException {
        if (Files.isDirectory(data(path))) {
            Files.writeString(
                    data(path).resolve("postgresql.auto.conf"),
                    harmless.file(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        mark(path, KEPT);
        isKept = true;
    }

    /** Stops its server, if one runs, and removes it, unless it is kept. An interrupted thread does that as well. */
    @Override
    public void close() throws IOException {
        boolean isInterrupted = Thread.interrupted();
        try {
            stop(path);
            if (!isKept) {
                remove(path);
            }
        } catch (InterruptedException e) {
            isInterrupted = true; // the next drill finds it by its mark
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Removes what drills of this host have left whose processes are gone.
     *
     * @return what was removed
     */
    public static List<Path> removeAbandoned(Path parent) throws IOException, InterruptedException {
        List<Path> removed = new ArrayList<>();
        if (!Files.isDirectory(parent)) {
            return removed;
        }
        String unmarked = unmarkedHere();
        try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, "{" + PREFIX + "," + UNMARKED + "}*")) {
            for (Path other : others) {
                String name = String.valueOf(other.getFileName());
                boolean isGone = isOwn(other)
                        && (name.startsWith(unmarked)
                                ? isGone(name.substring(unmarked.length()).replace('-', ' '))
                                : isMarked(other));
                if (isGone) {
                    stop(other);
                    remove(other);
                    removed.add(other);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return removed;
    }

    /**
     * A link in a directory of another user could lead root elsewhere.
     *
     * @throws UserFacingException RESTORE_REFUSED for root
     */
    public static void refuseRoot() {
        if (SystemUser.currentUid() == 0) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "PostgreSQL refuses to run as root, and so does its drill",
                    "Run it as the user whom PostgreSQL runs as.");
        }
    }

    private static boolean isOwn(Path other) {
        return Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                && SystemUser.owns(other)
                && !Files.isSymbolicLink(data(other));
    }

    /** With the mark of an owner that is gone. */
    private static boolean isMarked(Path other) throws IOException {
        Path mark = other.resolve(MARK);
        if (!Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS) || !SystemUser.owns(mark)) {
            return false;
        }
        List<String> lines = new String(Files.readAllBytes(mark), StandardCharsets.UTF_8)
                .lines()
                .toList();
        return lines.size() > 2
                && lines.get(2).isEmpty()
                && lines.get(1).equals(HostName.ofThisMachine())
                && isGone(lines.getFirst());
    }

    private static boolean isGone(String owner) {
        return RunningProcess.parse(owner).filter(each -> !each.isRunning()).isPresent();
    }

    /** Stops the server whose working directory is the data directory of a drill. */
    private static void stop(Path scratch) throws IOException, InterruptedException {
        Path data = data(scratch);
        Optional<RunningProcess> server = server(data);
        if (server.isEmpty()) {
            return;
        }
        // The signal of an immediate shutdown: PostgreSQL removes its shared memory, which it cannot if it is killed.
        ProgramRun.of(
                Path.of(System.getProperty("java.io.tmpdir")),
                Map.of(),
                ServerUser.ownerOf(data)
                        .running(List.of(
                                "/bin/sh", "-c", "kill -QUIT " + server.get().pid())));
        long begun = System.nanoTime();
        while (server.get().isRunning()) {
            if (System.nanoTime() - begun > STOP_LIMIT.toNanos()) {
                ProcessHandle.of(Long.parseLong(server.get().pid())).ifPresent(ProcessHandle::destroyForcibly);
                return;
            }
            Thread.sleep(PAUSE);
        }
    }

    private static Optional<RunningProcess> server(Path data) {
        try {
            String pid = Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1)
                    .getFirst()
                    .strip();
            // Another process may have its number by now.
            return pid.matches("[0-9]+")
                            && Files.readSymbolicLink(Path.of("/proc", pid, "cwd"))
                                    .equals(data.toRealPath())
                    ? RunningProcess.of(pid)
                    : Optional.empty();
        } catch (IOException | java.util.NoSuchElementException e) {
            return Optional.empty();
        }
    }

    /** The mark goes last: what is interrupted is found again. */
    private static void remove(Path scratch) throws IOException, InterruptedException {
        if (!Files.exists(scratch, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Path mark = scratch.resolve(MARK);
        List<Path> others;
        try (Stream<Path> children = Files.list(scratch)) {
            others = children.filter(each -> !each.equals(mark)).toList();
        }
        for (Path each : others) {
            TreeRemoval.remove(each, STOP_LIMIT);
        }
        Path unmarked = unmarked(scratch);
        Files.move(scratch, unmarked, StandardCopyOption.ATOMIC_MOVE);
        TreeRemoval.remove(unmarked, STOP_LIMIT);
    }
}
