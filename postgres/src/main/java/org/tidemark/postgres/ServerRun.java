// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One run of a PostgreSQL server, from its start to its end, as {@code postmaster.pid} of its data directory tells it.
 * What was archived or fetched ahead in one run counts in no other one. Immutable.
 *
 * @param postmaster its process
 * @param started when it started, as its postmaster.pid says
 * @param lines what identifies it: the boot, the host, and what postmaster.pid says of the process, the data directory,
 *     its start, its port, its sockets and its shared memory
 */
public record ServerRun(RunningProcess postmaster, String started, List<String> lines) {
    /** The last line of postmaster.pid changes while the server runs. */
    static final int PID_LINES = 7;

    private static final int START_LINE = 2;

    /** Of {@link #lines}. */
    private static final int PORT_LINE = 5;

    /** The line after {@link #PID_LINES}, padded with blanks: PM_STATUS_STARTING in PostgreSQL's pidfile.h. */
    private static final String STARTING = "starting";

    private static final char SEPARATOR = '.';
    private static final String LOCK = "postmaster.pid";
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path HOST = Path.of("/proc/sys/kernel/hostname");

    public ServerRun {
        lines = List.copyOf(lines);
    }

    /**
     * Whether a server has been started there that takes no connections yet, as its postmaster.pid says: before it is
     * consistent, and for the whole of a recovery with {@code hot_standby = off}. False where none runs.
     */
    public static boolean isStarting(Path dataDirectory) {
        try {
            List<String> pid = lines(dataDirectory.resolve(LOCK));
            return pid.size() <= PID_LINES || pid.get(PID_LINES).strip().equals(STARTING);
        } catch (IOException e) {
            return false;
        }
    }

    /** The server that runs in a data directory; empty if none does, or not completely yet. */
    public static Optional<ServerRun> in(Path dataDirectory) {
        try {
            List<String> pid = lines(dataDirectory.resolve(LOCK));
            List<String> boot = lines(BOOT);
            List<String> host = lines(HOST);
            if (pid.size() < PID_LINES || boot.isEmpty() || host.isEmpty()) {
                return Optional.empty();
            }
            Optional<RunningProcess> postmaster =
                    pid.getFirst().matches("[0-9]+") ? RunningProcess.of(pid.getFirst()) : Optional.empty();
            if (postmaster.isEmpty() || !pid.get(START_LINE).matches("[0-9]+")) {
                return Optional.empty();
            }
            List<String> lines = new ArrayList<>(List.of(boot.getFirst(), host.getFirst()));
            lines.addAll(pid.subList(0, PID_LINES));
            return Optional.of(new ServerRun(postmaster.get(), pid.get(START_LINE), lines));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether this run of the server goes on, and recovers. */
    public boolean recovers(Path dataDirectory) {
        return postmaster.isRunning()
                && in(dataDirectory).filter(this::equals).isPresent()
                && (Files.exists(dataDirectory.resolve("recovery.signal"))
                        || Files.exists(dataDirectory.resolve("standby.signal")));
    }

    /**
     * When PostgreSQL wrote {@code postmaster.pid} last: at the start, and when a standby is promoted.
     *
     * @throws IOException if it is not there
     */
    public static FileTime written(Path dataDirectory) throws IOException {
        return Files.getLastModifiedTime(dataDirectory.resolve(LOCK));
    }

    /** Whether the server of a {@link #key} has ended, or can at least not be seen from here. */
    public static boolean isGone(String key) {
        int end = key.indexOf(SEPARATOR);
        return end <= 0
                || !key.substring(0, end).matches("[0-9]+")
                || !Files.exists(Path.of("/proc").resolve(key.substring(0, end)));
    }

    /** The first Unix-domain socket that it listens on; empty if it has none. */
    public Optional<ServerAddress> socket() {
        String port = lines.get(PORT_LINE);
        String socketDirectory = lines.get(PORT_LINE + 1);
        return socketDirectory.startsWith("/") && port.matches("[0-9]{1,5}")
                ? Optional.of(new ServerAddress(socketDirectory, Integer.parseInt(port)))
                : Optional.empty();
    }

    /** The boot of the machine that it runs in. */
    public String boot() {
        return lines.getFirst();
    }

    /** A name for it, which the launcher can find in postmaster.pid. */
    public String key() {
        return postmaster.pid() + SEPARATOR + started;
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
    }
}
