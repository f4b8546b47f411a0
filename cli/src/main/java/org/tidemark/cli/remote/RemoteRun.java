// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.remote;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.TimeLimits;
import org.tidemark.core.UserFacingException;
import org.tidemark.ssh.RemoteCommand;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.Ssh.Connection;
import org.tidemark.ssh.SshDestination;
import org.tidemark.ssh.SshException;
import org.tidemark.ssh.SshLogin;
import org.tidemark.ssh.SshSession;

/**
 * Runs a command on another host, over one ssh connection, by the Tidemark that is installed there: with the
 * configuration, the keys and the rights that it has there. Nothing goes to that host but the words of the command.
 *
 * @param program the name or the path of Tidemark there
 * @param configuration a file that replaces ssh's own configuration
 */
public record RemoteRun(SshDestination host, String program, Optional<Path> configuration) {
    /** Until the program has answered: a JVM is started there. */
    private static final Duration HELLO_LIMIT = Duration.ofMinutes(2);

    /** For what an interrupted command still does. */
    private static final Duration END_LIMIT = Duration.ofSeconds(35);

    /** More than this waits in the connection. */
    private static final int WAITING_LINES = 1000;

    /** The time between the end of the output and the end of the program. */
    private static final Duration AFTER_OUTPUT = Duration.ofSeconds(10);

    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;

    /** What comes from the other host; the end of its output is a line, too. */
    private sealed interface Line {
        record Message(JsonObject content) implements Line {}

        record Other(String text) implements Line {}

        record End() implements Line {}
    }

    /**
     * Runs it.
     *
     * @param words the command with its options, for the other host
     * @param data gets what the command says to stdout there
     * @param talk gets what it says to stderr
     * @return its exit status
     * @throws UserFacingException if the host cannot be reached, refuses, has no such program, or was lost before the
     *     command ended; INTERRUPTED if this thread was interrupted: the command is interrupted there as well
     */
    public int run(List<String> words, PrintStream data, PrintStream talk) throws IOException {
        List<String> line = new ArrayList<>(List.of(program));
        line.addAll(words);
        line.add(AttachedRun.OPTION);
        Ssh ssh = new Ssh(
                host,
                new SshLogin(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        configuration),
                TimeLimits.DEFAULTS);
        try (SshSession session = ssh.open(new RemoteCommand.Program(line), Connection.OWN)) {
            BlockingQueue<Line> lines = new LinkedBlockingQueue<>(WAITING_LINES);
            Thread.ofPlatform().daemon().name("remote-output").start(() -> read(session, lines));
            try {
                return follow(session, lines, data, talk);
            } catch (InterruptedException e) {
                throw interrupted(session, lines, data, talk);
            }
        } catch (SshException e) {
            throw new UserFacingException(
                    ExitCode.STORE_UNAVAILABLE,
                    host + ": " + e.getMessage(),
                    e.hint().orElse("Try it with: ssh " + host.host()),
                    e);
        }
    }

    private static void read(SshSession session, BlockingQueue<Line> lines) {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(session.remoteOutput(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.put(parse(line));
            }
        } catch (IOException e) {
            // The end says why.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            while (!lines.offer(new Line.End())) {
                lines.poll();
            }
        }
    }

    private static Line parse(String line) {
        try {
            return new Line.Message(JsonObject.parse(line));
        } catch (IllegalArgumentException e) {
            return new Line.Other(line);
        }
    }

    private int follow(SshSession session, BlockingQueue<Line> lines, PrintStream data, PrintStream talk)
            throws IOException, InterruptedException {
        awaitAnswer(session, lines);
        while (true) {
            switch (lines.take()) {
                case Line.Message(JsonObject message) -> {
                    OptionalInt status = show(message, data, talk);
                    if (status.isPresent()) {
                        return status.getAsInt();
                    }
                }
                case Line.Other _ -> {}
                case Line.End() -> throw lost(session);
            }
        }
    }

    /** A shell or a profile may speak first, in whatever form. */
    private void awaitAnswer(SshSession session, BlockingQueue<Line> lines) throws IOException, InterruptedException {
        List<String> others = new ArrayList<>();
        long until = System.nanoTime() + HELLO_LIMIT.toNanos();
        while (true) {
            switch (next(lines, until).orElseThrow(this::silent)) {
                case Line.Message(JsonObject message) -> {
                    if (message.has(AttachedRun.HELLO)) {
                        session.established();
                        return;
                    }
                }
                case Line.Other(String text) -> others.add(text);
                case Line.End() -> throw notRun(session, others);
            }
        }
    }

    private static OptionalInt show(JsonObject message, PrintStream data, PrintStream talk) {
        message.optionalText(AttachedRun.DATA).ifPresent(text -> {
            data.print(text);
            data.flush();
        });
        message.optionalText(AttachedRun.TALK).ifPresent(text -> {
            talk.print(text);
            talk.flush();
        });
        return message.has(AttachedRun.STATUS)
                ? OptionalInt.of(message.integer(AttachedRun.STATUS))
                : OptionalInt.empty();
    }

    private UserFacingException silent() {
        return new UserFacingException(
                ExitCode.TIMED_OUT,
                "'" + program + "' on " + host + " did not answer within " + HELLO_LIMIT.toSeconds() + " s",
                "Try it with: ssh " + host.host() + " " + program + " version");
    }

    /** @throws SshException if the connection itself has ended */
    private UserFacingException lost(SshSession session) throws IOException {
        return new UserFacingException(
                ExitCode.JAVA_FAILED,
                "'" + program + "' on " + host + " was ended, with status " + session.await(AFTER_OUTPUT)
                        + ", before the command was complete",
                "Run the same command again: a restore goes on where it was.");
    }

    /** @throws SshException if the connection itself has ended */
    private UserFacingException notRun(SshSession session, List<String> others) throws IOException {
        int status = session.await(AFTER_OUTPUT);
        if (status == NOT_FOUND || status == NOT_EXECUTABLE) {
            return new UserFacingException(
                    ExitCode.USAGE,
                    "there is no program '" + program + "' on " + host + " that this user may run",
                    "Install Tidemark there, or name its path there with --remote-program.");
        }
        String said = (String.join("; ", others) + " " + session.lastMessages()).strip();
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + program + "' on " + host + " ended with status " + status + " and did not run the command"
                        + (said.isEmpty() ? "" : ": " + said),
                "Is it the same version as here? See: ssh " + host.host() + " " + program + " version");
    }

    /** The end of its stdin interrupts the command there; what it says until it has ended is shown. */
    private UserFacingException interrupted(
            SshSession session, BlockingQueue<Line> lines, PrintStream data, PrintStream talk) {
        try {
            session.remoteInput().close();
            long until = System.nanoTime() + END_LIMIT.toNanos();
            Optional<Line> next = next(lines, until);
            while (next.isPresent() && !(next.get() instanceof Line.End)) {
                if (next.get() instanceof Line.Message(JsonObject message)
                        && show(message, data, talk).isPresent()) {
                    break;
                }
                next = next(lines, until);
            }
        } catch (IOException | InterruptedException e) {
            // It ends with the connection.
        }
        Thread.currentThread().interrupt();
        return new UserFacingException(
                ExitCode.INTERRUPTED,
                "interrupted; the command on " + host + " was interrupted as well",
                "Run the same command again: a restore goes on where it was.");
    }

    private static Optional<Line> next(BlockingQueue<Line> lines, long until) throws InterruptedException {
        return Optional.ofNullable(lines.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS));
    }
}
