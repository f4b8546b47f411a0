// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostLostException;
import org.tidemark.core.PathBytes;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.UnknownControlFileException;
import org.tidemark.postgres.OnlineBackup;

/**
 * Finds the data directory of a server on a host, and proves that the server runs there: a standby on the same host, or
 * a copy in a container, may have the same path. Immutable.
 */
record RunningServer(SourceHost host) {
    /** The maximum time between the two; a server with very much memory starts slowly. */
    private static final Duration MAX_START = Duration.ofMinutes(10);

    /** postmaster.pid has whole seconds. */
    private static final Duration ROUNDING = Duration.ofSeconds(2);

    private static final int MAX_PID_FILE_BYTES = 8192;

    /** Of proc_pid_stat(5): the name of the program may have blanks and parentheses. */
    private static final Pattern PARENT = Pattern.compile("(?s)[0-9]+ \\(.*\\) [A-Za-z] ([0-9]+) .*");

    /** The files of the server cannot be read on the host; the message is a part of a sentence. */
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
     * Finds the directory and proves that it belongs to the server that answered.
     *
     * @throws Elsewhere if the directory is not on the host, is not readable, or belongs to another server
     * @throws IOException if this thread is interrupted, or the host is lost
     */
    DataDirectory find(OnlineBackup.Place place, SystemIdentifier system) throws Elsewhere, IOException {
        HostFiles files = host.files();
        try {
            String path = files.realPath(place.dataDirectory());
            if (host.isThis()) {
                requireOwner(PathBytes.path(path));
            }
            ControlFile control = DataDirectory.controlFile(files, path).control();
            if (!control.system().equals(system)) {
                throw new Elsewhere("'" + PathBytes.printable(path) + "' on " + host.name()
                        + " belongs to another cluster, with system identifier " + control.system());
            }
            requireRunning(path, place);
            return DataDirectory.of(files, path, control, place.temporaryStatistics());
        } catch (UnknownControlFileException e) {
            throw new Elsewhere("this version of Tidemark does not know the server's version of PostgreSQL");
        } catch (NoSuchFileException e) {
            throw new Elsewhere("'" + e.getFile() + "' does not exist on " + host.name());
        } catch (AccessDeniedException e) {
            throw new Elsewhere(
                    (host.isThis() ? "this user" : "the user " + host.name()) + " cannot read '" + e.getFile() + "'");
        } catch (InterruptedIOException | HostLostException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new Elsewhere(
                    "its data directory '" + place.dataDirectory() + "' cannot be read on " + host.name() + ": " + e);
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
    private void requireRunning(String path, OnlineBackup.Place place) throws IOException, Elsewhere {
        String file = path + "/postmaster.pid";
        String text = text(file);
        if (!text.matches("(?s)[0-9]+\n[^\n]+\n[0-9]+\n[0-9]+(?:\n.*)?")) {
            throw new Elsewhere("'" + PathBytes.printable(file) + "' does not name a running server");
        }
        List<String> lines = text.lines().toList();
        Instant began = Instant.ofEpochSecond(Long.parseLong(lines.get(2)));
        boolean sameStart = !began.isAfter(place.postmasterStarted().plus(ROUNDING))
                && !began.isBefore(place.postmasterStarted().minus(MAX_START));
        String named = PathBytes.decode(lines.get(1).getBytes(StandardCharsets.ISO_8859_1));
        if (Integer.parseInt(lines.get(3)) != place.port()
                || !sameStart
                || !host.files().realPath(named).equals(path)) {
            throw new Elsewhere("'" + PathBytes.printable(file) + "' is of another server than the one that answered");
        }
        if (!isParent(lines.get(0), place.processId())) {
            throw new Elsewhere("the server's processes are not seen on " + host.name()
                    + ": they run on another host or in a container");
        }
    }

    /** Ids of processes mean something on one host alone, and in one container. */
    private boolean isParent(String parent, int process) throws IOException {
        try {
            Matcher stat = PARENT.matcher(text("/proc/" + process + "/stat"));
            return stat.matches() && stat.group(1).equals(parent);
        } catch (NoSuchFileException | AccessDeniedException e) {
            return false;
        }
    }

    private String text(String file) throws IOException {
        return new String(host.files().read(file, MAX_PID_FILE_BYTES), StandardCharsets.ISO_8859_1);
    }
}
