// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * A program that serves in the foreground while tests run, as a child of this JVM that does not outlive it. What it
 * prints goes to a file. Not thread-safe.
 */
public final class BackgroundServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BackgroundServer.class.getName());
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Process process;
    private final Path log;
    private final Thread endWithJvm = new Thread(this::kill);

    private BackgroundServer(Process process, Path log) {
        this.process = process;
        this.log = log;
        Runtime.getRuntime().addShutdownHook(endWithJvm);
    }

    /**
     * Starts the program; {@link #await} tells when it serves.
     *
     * @param environment besides the one of this JVM
     */
    public static BackgroundServer start(List<String> command, Path log, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        try {
            BackgroundServer started = new BackgroundServer(builder.start(), log);
            Starts.count("other servers");
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a port of the loopback interface takes connections. */
    public BackgroundServer awaitPort(int port, Duration limit) {
        return await("listens on port " + port, () -> accepts(port), limit);
    }

    /**
     * Waits until a condition holds.
     *
     * @throws IllegalStateException with the server's log if it ends before, or the time is over
     */
    public BackgroundServer await(String what, BooleanSupplier serves, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (!serves.getAsBoolean()) {
            if (!process.isAlive()) {
                throw new IllegalStateException("the server ended before it " + what + ":\n" + log());
            }
            if (System.nanoTime() > end) {
                close();
                throw new IllegalStateException("after " + limit + " there is no server that " + what + ":\n" + log());
            }
            pause();
        }
        return this;
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Everything that it printed. */
    public String log() {
        try {
            return Files.exists(log) ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8) : "(nothing)";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it at once, as a crash would, and so that it can do nothing more. */
    public void crash() {
        process.destroyForcibly();
        awaitEnd(process.toHandle());
        close();
    }

    /** Ends it and its children: kindly, then by force. */
    @Override
    public void close() {
        kill();
        try {
            Runtime.getRuntime().removeShutdownHook(endWithJvm);
        } catch (IllegalStateException e) {
            // The JVM is ending already, and the hook runs.
        }
    }

    private void kill() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
        children.forEach(BackgroundServer::awaitEnd);
    }

    /** A process that is killed may still finish a system call, such as one that makes a file. */
    private static void awaitEnd(ProcessHandle killed) {
        try {
            killed.onExit().get(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.log(System.Logger.Level.WARNING, "process " + killed.pid() + " does not end", e);
        }
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a server started", e);
        }
    }
}
