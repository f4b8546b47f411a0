// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ExitHooks;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.SqlConnection;

/**
 * A server for a while. It listens on a Unix socket alone, in a directory that only its user may enter. It is stopped
 * when this is closed, and also if the process is ended by a signal meanwhile; the data directory stays. Not
 * thread-safe.
 */
public final class ThrowawayServer implements AutoCloseable {
    /** The maximum that a start or a stop may take. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** The maximum until a server that was started has written its postmaster.pid. */
    private static final Duration BEGIN_LIMIT = Duration.ofSeconds(10);

    /** Only part of the socket's name: nothing listens on the network. */
    private static final String PORT = "5432";

    private static final int LOG_LINES = 15;

    /** Of postmaster.pid. */
    private static final int SOCKET_LINE = 4;

    private final ServerPrograms programs;
    private final Path data;
    private final Path socket;
    private final String role;
    private final Path log;
    private ServerUser user = ServerUser.SELF;
    private Optional<Thread> stopAtExit = Optional.empty();

    /** False where pg_ctl was interrupted: its server may be about to begin. */
    private volatile boolean startEnded = true;

    /**
     * A server that does not run yet.
     *
     * @param data its data directory, which exists, or is made by {@link #create}
     * @param socket a directory for the socket and the log, which is made if it is missing in an existing one
     * @param role the name of the superuser
     */
    public ThrowawayServer(ServerPrograms programs, Path data, Path socket, String role) {
        this.programs = programs;
        this.data = data.toAbsolutePath();
        this.socket = socket.toAbsolutePath();
        this.role = role;
        this.log = this.socket.resolve("server.log");
    }

    /**
     * Makes a new cluster. If this process is root's, its files belong to an ordinary user.
     *
     * @throws UserFacingException if this process is root's, and no user can take its place
     */
    public void create() throws IOException, InterruptedException {
        user = ServerUser.ordinary()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.RESTORE_REFUSED,
                        "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it as",
                        "Run this as an ordinary user."));
        makePrivate(data);
        makePrivate(socket);
        run(
                        "initdb",
                        "-D",
                        data.toString(),
                        "-U",
                        role,
                        "-A",
                        "trust",
                        "-E",
                        "UTF8",
                        "--locale=C",
                        "--data-checksums",
                        "--no-sync")
                .orThrow();
        Files.writeString(
                data.resolve("postgresql.conf"),
                "listen_addresses = ''\nport = " + PORT + "\nshared_buffers = 32MB\nmax_wal_size = 256MB\n",
                StandardOpenOption.APPEND);
    }

    private void makePrivate(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            user.own(directory);
        }
    }

    public Path data() {
        return data;
    }

    /** As libpq reads it. */
    public String conninfo() {
        return "host=" + socket + " port=" + PORT + " user=" + role + " dbname=postgres";
    }

    /**
     * Starts the server as the owner of its data directory, and waits until it takes connections.
     *
     * @param settings that override those of its data directory
     * @throws UserFacingException with what its log says if it does not start
     */
    public void start(Map<String, String> settings) throws IOException, InterruptedException {
        user = ServerUser.ownerOf(data);
        makePrivate(socket);
        Map<String, String> all = new LinkedHashMap<>(settings);
        all.put("unix_socket_directories", socket.toString());
        all.put("listen_addresses", "");
        all.put("port", PORT);
        // Its log is the file of pg_ctl.
        all.put("logging_collector", "off");
        List<String> options = new ArrayList<>();
        all.forEach((name, value) -> options.add("-c " + ShellWord.quote(name + "=" + value)));
        Thread atExit = new Thread(this::stopQuietly, "stop of " + data);
        ExitHooks.add(atExit);
        stopAtExit = Optional.of(atExit);
        int logged = logLines().size();
        startEnded = false;
        ProgramRun start = pgCtl("-l", log.toString(), "-o", String.join(" ", options), "start");
        startEnded = true;
        if (start.status() != 0) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "PostgreSQL did not start in '" + data + "': "
                            + reason(logged).orElse(start.output().strip()),
                    "The last lines of its log: " + log());
        }
    }

    /** Stops the server, and waits until it has written everything down. */
    public void stop() throws IOException, InterruptedException {
        if (stopAtExit.isPresent()) {
            pgCtl("-m", "fast", "stop").orThrow();
            stopped();
        }
    }

    private void stopped() {
        stopAtExit.ifPresent(hook -> {
            try {
                ExitHooks.remove(hook);
            } catch (IllegalStateException e) {
                // The JVM is ending, and stops the server as well.
            }
        });
        stopAtExit = Optional.empty();
    }

    private ProgramRun pgCtl(String... arguments) throws IOException, InterruptedException {
        List<String> all =
                new ArrayList<>(List.of("-D", data.toString(), "-w", "-t", Long.toString(LIMIT.toSeconds())));
        all.addAll(List.of(arguments));
        return run("pg_ctl", all.toArray(String[]::new));
    }

    private ProgramRun run(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(programs.program(program)));
        command.addAll(List.of(arguments));
        return ProgramRun.of(socket, Map.of(), user.running(command));
    }

    /** The caller closes it. */
    public SqlConnection connect() {
        return SqlConnection.open(ConnectionSettings.parse(conninfo(), ClientEnvironment.ofProcess()));
    }

    public void execute(String sql) {
        try (SqlConnection connection = connect()) {
            connection.execute(LIMIT, "SET search_path = public");
            connection.execute(LIMIT, sql);
        }
    }

    /** The first column of the first row. */
    public String ask(String sql) {
        try (SqlConnection connection = connect()) {
            return connection.text(LIMIT, sql).orElse("");
        }
    }

    /** The last lines that the server wrote. */
    public String log() throws IOException {
        List<String> lines = logLines();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }

    /** Why it ended: the last line of this kind after the first {@code before} lines. */
    private Optional<String> reason(int before) throws IOException {
        return logLines().stream()
                .skip(before)
                .filter(line -> line.contains("FATAL: ") || line.contains("PANIC: "))
                .reduce((_, later) -> later);
    }

    private List<String> logLines() throws IOException {
        return Files.exists(log)
                ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                        .lines()
                        .toList()
                : List.of();
    }

    /** Stops the server at once; an interrupted thread waits for that as well. */
    @Override
    public void close() {
        if (stopAtExit.isPresent()) {
            boolean interrupted = Thread.interrupted();
            stopQuietly();
            stopped();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Asks pg_ctl; a server that it cannot stop is killed. */
    private void stopQuietly() {
        try {
            Optional<ProcessHandle> postmaster = postmaster();
            long begun = System.nanoTime();
            while (postmaster.isEmpty() && !startEnded && System.nanoTime() - begun < BEGIN_LIMIT.toNanos()) {
                Thread.sleep(Duration.ofMillis(50));
                postmaster = postmaster();
            }
            if (postmaster.isPresent() && pgCtl("-m", "immediate", "stop").status() != 0) {
                postmaster.get().destroyForcibly();
            }
        } catch (IOException e) {
            postmaster().ifPresent(ProcessHandle::destroyForcibly);
        } catch (InterruptedException e) {
            postmaster().ifPresent(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The server's process; empty if none runs, or if the one that does has another socket, and was started by others.
     */
    private Optional<ProcessHandle> postmaster() {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
            return lines.size() > SOCKET_LINE && lines.get(SOCKET_LINE).equals(socket.toString())
                    ? ProcessHandle.of(Long.parseLong(lines.getFirst()))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
