// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.tidemark.core.HostFiles;
import org.tidemark.core.LocalFiles;
import org.tidemark.core.PathBytes;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.UnknownControlFileException;
import org.tidemark.postgres.OnlineBackup;

/**
 * Finds the data directory of a server on this host, and proves that the server is on this host. The proof is local by
 * nature: user ids, process ids and parents of processes mean something on one host alone, so another host needs a
 * proof of its own.
 */
final class LocalServer {
    /** The maximum time between the two; a server with very much memory starts slowly. */
    private static final Duration MAX_START = Duration.ofMinutes(10);

    /** postmaster.pid has whole seconds. */
    private static final Duration ROUNDING = Duration.ofSeconds(2);

    /** The files of the server cannot be read on this host; the message is a part of a sentence. */
    static final class Elsewhere extends Exception {
        private static final long serialVersionUID = 1L;

        Elsewhere(String reason) {
            super(reason);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    /**
     * Finds the directory and proves that it belongs to the server that answered. A standby on this host, or a copy in
     * a container, may have the same path.
     *
     * @throws Elsewhere if the directory is not on this host, is not readable, or belongs to another server
     */
    static DataDirectory find(OnlineBackup.Place place, SystemIdentifier system) throws Elsewhere {
        HostFiles files = new LocalFiles();
        try {
            String path = files.realPath(place.dataDirectory());
            requireOwner(PathBytes.path(path));
            ControlFile control = DataDirectory.controlFile(files, path).control();
            if (!control.system().equals(system)) {
                throw new Elsewhere("'" + PathBytes.printable(path)
                        + "' on this host belongs to another cluster, with system identifier " + control.system());
            }
            requireRunning(PathBytes.path(path), place);
            return DataDirectory.of(files, path, control, place.temporaryStatistics());
        } catch (UnknownControlFileException e) {
            throw new Elsewhere("this version of Tidemark does not know the server's version of PostgreSQL");
        } catch (NoSuchFileException e) {
            throw new Elsewhere("'" + e.getFile() + "' does not exist on this host");
        } catch (AccessDeniedException e) {
            throw new Elsewhere("this user cannot read '" + e.getFile() + "'");
        } catch (IOException | IllegalArgumentException e) {
            throw new Elsewhere("this host cannot read its data directory '" + place.dataDirectory() + "': " + e);
        }
    }

    /** The server runs as the owner, so only the owner and root may read whatever the server may read. */
    private static void requireOwner(Path path) throws IOException, Elsewhere {
        int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (self != 0 && !Files.getAttribute(path, "unix:uid").equals(self)) {
            throw new Elsewhere("this user does not own '" + path + "'");
        }
    }

    /** Compares the server of postmaster.pid with the one that answered: path, port, start and processes. */
    private static void requireRunning(Path path, OnlineBackup.Place place) throws IOException, Elsewhere {
        Path file = path.resolve("postmaster.pid");
        List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        String text = String.join("\n", lines);
        if (!text.matches("(?s)[0-9]+\n[^\n]+\n[0-9]+\n[0-9]+(?:\n.*)?")) {
            throw new Elsewhere("'" + file + "' does not name a running server");
        }
        Instant began = Instant.ofEpochSecond(Long.parseLong(lines.get(2)));
        boolean sameStart = !began.isAfter(place.postmasterStarted().plus(ROUNDING))
                && !began.isBefore(place.postmasterStarted().minus(MAX_START));
        if (Integer.parseInt(lines.get(3)) != place.port()
                || !sameStart
                || !Files.isSameFile(
                        path, PathBytes.path(PathBytes.decode(lines.get(1).getBytes(StandardCharsets.ISO_8859_1))))) {
            throw new Elsewhere("'" + file + "' is of another server than the one that answered");
        }
        long parent = ProcessHandle.of(place.processId())
                .flatMap(ProcessHandle::parent)
                .map(ProcessHandle::pid)
                .orElse(0L);
        if (parent != Long.parseLong(lines.get(0))) {
            throw new Elsewhere("the server's processes run on another host or in a container");
        }
    }

    private LocalServer() {}
}
