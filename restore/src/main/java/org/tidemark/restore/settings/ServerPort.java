// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tidemark.core.ShellWord;

/**
 * Where the restored server listens, so that it gets in no other server's way and {@code psql} reaches no other.
 * Immutable.
 *
 * @param wanted the port that its configuration gives it
 * @param configured whether the configuration sets the port; else PGPORT decides, for the server and for psql
 * @param port the wanted one, or a free one where another server has that
 * @param sockets the directory of its Unix-domain socket
 * @param moved whether its configuration does not lead to that directory on this host
 */
public record ServerPort(int wanted, boolean configured, int port, String sockets, boolean moved) {
    static final int DEFAULT_PORT = 5432;
    private static final int TRIES = 100;
    private static final int FIRST_UNPRIVILEGED = 1024;
    private static final int MAX_PORT = 65_535;
    private static final String TEMPORARY = "/tmp";

    /**
     * Looks at the ports and the directories of this host.
     *
     * @param socketDirectories unix_socket_directories, if the configuration sets it
     * @param packaged the directory that the package's PostgreSQL uses by default; empty for an unknown build
     */
    static ServerPort find(OptionalInt port, Optional<String> socketDirectories, Optional<String> packaged) {
        Optional<String> usable = socketDirectories
                .or(() -> packaged)
                .map(directories -> directories.split(",", -1)[0].strip())
                .filter(directory -> directory.startsWith("/") && Files.isDirectory(Path.of(directory)));
        String sockets = usable.orElse(TEMPORARY);
        int wanted = port.orElse(DEFAULT_PORT);
        return new ServerPort(wanted, port.isPresent(), free(wanted, wanted, sockets), sockets, usable.isEmpty());
    }

    /**
     * The same where other servers are to have these ports, which may not run now. The wanted port stays: it is this
     * server's own.
     */
    ServerPort besides(Set<Integer> ports) {
        ServerPort other = this;
        while (other.isElsewhere() && ports.contains(other.port)) {
            int next = free(wanted, other.port + 1, sockets);
            other = new ServerPort(wanted, configured, next, sockets, moved);
        }
        return other;
    }

    /** The wanted port if none is free. */
    private static int free(int wanted, int from, String sockets) {
        for (int port = from; port <= Math.min(wanted + TRIES, MAX_PORT); port++) {
            if (isFree(port, Path.of(sockets))) {
                return port;
            }
        }
        return wanted;
    }

    /** Whether another server has the wanted port. */
    public boolean isElsewhere() {
        return port != wanted;
    }

    /** The settings that the server's command line needs. */
    List<String> settings() {
        List<String> settings = new ArrayList<>();
        if (isElsewhere()) {
            settings.add("port=" + port);
        }
        if (moved) {
            settings.add("unix_socket_directories=" + sockets);
        }
        return settings;
    }

    /** What psql needs to reach this server, whatever PGHOST says. */
    public String options() {
        return "-h " + ShellWord.quote(sockets) + (configured || isElsewhere() ? " -p " + port : "");
    }

    private static boolean isFree(int port, Path sockets) {
        if (isLocked(sockets.resolve(".s.PGSQL." + port + ".lock"))) {
            return false;
        }
        if (port < FIRST_UNPRIVILEGED) {
            return true; // to be tried by root alone
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A server that was killed leaves its lock file; PostgreSQL takes it over. */
    private static boolean isLocked(Path lock) {
        try {
            List<String> lines = Files.readAllLines(lock);
            return lines.isEmpty()
                    || ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                            .isPresent();
        } catch (IOException | NumberFormatException e) {
            return Files.exists(lock);
        }
    }
}
