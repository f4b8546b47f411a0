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
import java.util.regex.Pattern;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.ShellWord;
import org.tidemark.core.SshDestination;
import org.tidemark.core.TimeLimits;
import org.tidemark.core.UserFacingException;
import org.tidemark.ssh.RemoteCommand;
import org.tidemark.ssh.Ssh;
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

    /** For what an interrupted command still does: less than this program is given itself. */
    private static final Duration END_LIMIT = Duration.ofSeconds(25);

    /** More than this waits in the connection. */
    private static final int WAITING_LINES = 1000;

    /** The time between the end of the output and the end of the program. */
    private static final Duration AFTER_OUTPUT = Duration.ofSeconds(10);

    private static final int MAX_STATUS = 255;
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\x{80}-\\x{9f}&&[^\n\t]]");
    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;

    /** This command was interrupted, and tells what became of the one on the other host. */
    public static final class InterruptedThereException extends UserFacingException {
        private static final long serialVersionUID = 1L;

        InterruptedThereException(String message, String hint) {
            super(ExitCode.INTERRUPTED, message, hint);
        }
    }

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
        Ssh ssh = new Ssh(host, SshLogin.byConfiguration(configuration), TimeLimits.DEFAULTS);
        try (SshSession session = ssh.openApart(new RemoteCommand.Program(line))) {
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
                    e.hint().orElse("Try it with: " + command("version")),
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
            end(lines);
        }
    }

    private static void end(BlockingQueue<Line> lines) {
        try {
            lines.put(new Line.End());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
        try (Wait _ = LongWaits.on("'" + program + "' on " + host)) {
            awaitAnswer(session, lines);
        }
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

    /** @throws UserFacingException if it is no line of the protocol: another program speaks */
    private OptionalInt show(JsonObject message, PrintStream data, PrintStream talk) {
        try {
            message.optionalText(AttachedRun.DATA).ifPresent(text -> print(text, data));
            message.optionalText(AttachedRun.TALK).ifPresent(text -> print(text, talk));
            if (!message.has(AttachedRun.STATUS)) {
                return OptionalInt.empty();
            }
            int status = message.integer(AttachedRun.STATUS);
            if (status >= 0 && status <= MAX_STATUS) {
                return OptionalInt.of(status);
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "'" + program + "' on " + host + " sent what this program does not understand",
                "Is it Tidemark, in the same version as here? See: " + command("version"));
    }

    /** Nothing that the other host sends may move this terminal's cursor, or worse. */
    private static void print(String text, PrintStream to) {
        to.print(CONTROL.matcher(text).replaceAll("?"));
        to.flush();
    }

    /** What an operator types to look there. */
    private String command(String rest) {
        return "ssh "
                + (host.port().isPresent() ? "-p " + host.port().getAsInt() + " " : "")
                + configuration
                        .map(file -> "-F " + ShellWord.quote(file.toString()) + " ")
                        .orElse("")
                + host.user().map(user -> user + "@").orElse("")
                + host.host() + " " + ShellWord.quote(program) + " " + rest;
    }

    private UserFacingException silent() {
        return new UserFacingException(
                ExitCode.TIMED_OUT,
                "'" + program + "' on " + host + " did not answer within " + HELLO_LIMIT.toSeconds() + " s",
                "Try it with: " + command("version"));
    }

    /** ssh ends with the same status where the program there was killed, and where the connection was lost. */
    private UserFacingException lost(SshSession session) throws IOException {
        String again = "Run the same command again: a restore goes on where it was.";
        try {
            return new UserFacingException(
                    ExitCode.JAVA_FAILED,
                    "'" + program + "' on " + host + " was ended, with status " + session.await(AFTER_OUTPUT)
                            + ", before the command was complete",
                    again);
        } catch (SshException e) {
            String said = session.lastMessages();
            return said.isBlank()
                    ? new UserFacingException(
                            ExitCode.JAVA_FAILED,
                            "'" + program + "' on " + host
                                    + " was killed before the command was complete, or the connection was lost",
                            again,
                            e)
                    : new UserFacingException(
                            ExitCode.STORE_UNAVAILABLE,
                            "the connection to " + host + " was lost before the command was complete: " + said,
                            again,
                            e);
        }
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
        String said = CONTROL.matcher((String.join("; ", others) + " " + session.lastMessages()).strip())
                .replaceAll("?");
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + program + "' on " + host + " ended with status " + status + " and did not run the command"
                        + (said.isEmpty() ? "" : ": " + said),
                "Is it the same version as here? See: " + command("version"));
    }

    /** The end of its stdin interrupts the command there; what it says until it has ended is shown. */
    private UserFacingException interrupted(
            SshSession session, BlockingQueue<Line> lines, PrintStream data, PrintStream talk) {
        String end = "its end was not seen within " + END_LIMIT.toSeconds() + " s, so it may still run there";
        try {
            session.remoteInput().close();
            long until = System.nanoTime() + END_LIMIT.toNanos();
            Optional<Line> next = next(lines, until);
            while (next.isPresent()) {
                if (next.get() instanceof Line.End) {
                    end = "it has ended";
                    break;
                }
                if (next.get() instanceof Line.Message(JsonObject message)) {
                    OptionalInt status = show(message, data, talk);
                    if (status.isPresent()) {
                        end = "it ended with status " + status.getAsInt();
                        break;
                    }
                }
                next = next(lines, until);
            }
        } catch (IOException | InterruptedException e) {
            end = "its end was not seen";
        }
        Thread.currentThread().interrupt();
        return new InterruptedThereException(
                "interrupted; the command on " + host + " was told to end, and " + end,
                "Run the same command again: a restore goes on where it was.");
    }

    private static Optional<Line> next(BlockingQueue<Line> lines, long until) throws InterruptedException {
        return Optional.ofNullable(lines.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS));
    }
}
