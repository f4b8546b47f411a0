// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The process of one server: a child of this JVM that does not outlive it. Not thread-safe. */
final class ServerProcess {
    /** Where the configuration of a server is that has it outside of its data directory. */
    static final String ETC = "etc";

    private static final int STOP_SECONDS = 180;

    private final PostgresBinaries binaries;
    private final Path home;
    private final Map<String, String> environment;
    private final int port = FreePort.next();
    private final Thread endWithJvm = new Thread(this::kill);
    private Optional<Process> process = Optional.empty();

    ServerProcess(PostgresBinaries binaries, Path home, Map<String, String> environment) {
        this.binaries = binaries;
        this.home = home;
        this.environment = Map.copyOf(environment);
        Runtime.getRuntime().addShutdownHook(endWithJvm);
    }

    int port() {
        return port;
    }

    void launch() {
        if (isRunning()) {
            throw new IllegalStateException("it runs already");
        }
        List<String> command = new ArrayList<>();
        command.add(binaries.programs().resolve("postgres").toString());
        command.addAll(List.of("-D", home.resolve("data").toString(), "-p", Integer.toString(port)));
        command.addAll(List.of(
                "-c", "listen_addresses=127.0.0.1", "-k", home.resolve("socket").toString()));
        Path configuration = home.resolve(ETC).resolve("postgresql.conf");
        if (Files.exists(configuration)) {
            command.addAll(List.of("-c", "config_file=" + configuration));
        }
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/local/bin:/usr/bin:/bin", "LC_ALL", "C"));
        // With segments of 1 MiB a WAL command ends before C2 has paid for itself, and most of what C1 compiles: each
        // takes a fifth of its time.
        builder.environment().put("TIDEMARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=4");
        builder.environment().putAll(environment);
        try {
            process = Optional.of(builder.start());
            Starts.count("PostgreSQL");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRunning() {
        return process.isPresent() && process.get().isAlive();
    }

    /** The eighth line of postmaster.pid says what pg_ctl waits for, without a try that the log would show. */
    boolean takesConnections() {
        try {
            List<String> lines = Files.readAllLines(home.resolve("data/postmaster.pid"), StandardCharsets.UTF_8);
            return process.isPresent()
                    && lines.size() >= 8
                    && lines.getFirst()
                            .strip()
                            .equals(Long.toString(process.get().pid()))
                    && lines.get(7).strip().equals("ready");
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void stop(String signal) {
        if (!isRunning()) {
            return;
        }
        Process running = process.orElseThrow();
        Commands.status(List.of("sh", "-c", "kill -" + signal + " " + running.pid()));
        try {
            if (!running.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("PostgreSQL did not stop within " + STOP_SECONDS + " s:\n" + log());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while PostgreSQL stopped", e);
        }
    }

    String log() {
        try {
            return Files.exists(logFile())
                    ? new String(Files.readAllBytes(logFile()), StandardCharsets.UTF_8)
                    : "(nothing)";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
    }

    /** An immediate stop, because it ends the server's children too; they would live on after a SIGKILL. */
    private void kill() {
        if (isRunning()) {
            stop("QUIT");
        }
    }

    private Path logFile() {
        return home.resolve("server.log");
    }
}
