// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.LogSettings.Service;

/**
 * Hands lines to syslog or the journal by their own program, since Java knows no datagram sockets of this machine. The
 * program runs as long as the command; one that ends early is started again, but not for each line. Not thread-safe.
 */
final class ServiceSink implements Log.Sink {
    private static final String TAG = "tidemark";
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Duration TO_HAND_OVER = Duration.ofMillis(300);

    private final Service service;
    private final Path socket;
    private final String program;
    private @Nullable Process process;
    private long failedAt;
    private boolean failed;

    ServiceSink(Service service) {
        this(service, service.socket(), service.program());
    }

    /** @param socket where the service listens; without it, nothing is started */
    ServiceSink(Service service, Path socket, String program) {
        this.service = service;
        this.socket = socket;
        this.program = program;
    }

    @Override
    public void write(byte[] line) throws IOException {
        Process running = process;
        if (running == null || !running.isAlive()) {
            if (running != null && !failed) {
                failed(); // it ended although it has input
            }
            if (failed && System.nanoTime() - failedAt < PAUSE.toNanos()) {
                throw new IOException("'" + program + "' has ended");
            }
            running = start();
            process = running;
        }
        try {
            OutputStream input = running.getOutputStream();
            input.write(line);
            input.flush();
        } catch (IOException e) {
            failed();
            throw new IOException("'" + program + "' has ended", e);
        }
    }

    private Process start() throws IOException {
        if (!Files.exists(socket)) {
            throw new IOException("there is no '" + socket + "'");
        }
        List<String> command = switch (service) {
            case SYSLOG -> List.of(program, "-t", TAG, "-p", "daemon.info", "--prio-prefix");
            case JOURNAL -> List.of(program, "-t", TAG);
        };
        try {
            return new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            failed();
            throw new IOException("there is no program '" + program + "'", e);
        }
    }

    private void failed() {
        failed = true;
        failedAt = System.nanoTime();
    }

    /**
     * The end of its input ends the program, when it has handed over everything. Where the service does not take that,
     * the program is killed: each call of archive_command would leave one.
     */
    @Override
    public void close() {
        Process running = process;
        if (running == null) {
            return;
        }
        Thread.interrupted(); // The end of the writing thread came as an interrupt.
        try {
            running.getOutputStream().close();
            if (!running.waitFor(TO_HAND_OVER.toMillis(), TimeUnit.MILLISECONDS)) {
                running.destroyForcibly();
            }
        } catch (IOException e) {
            running.destroyForcibly(); // It has ended before, or takes no input.
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
