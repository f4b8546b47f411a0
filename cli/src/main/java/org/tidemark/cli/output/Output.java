// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.LogSettings.Level;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.JsonText;
import org.tidemark.view.Json;

/**
 * The output of a command: data on stdout, messages on stderr. Commands in messages and hints are completed
 * ({@link CopyableLines}). Thread-safe.
 */
public final class Output {
    private final PrintStream data;
    private final PrintStream talk;
    private final Manner manner;
    private final Consumer<Map<String, @Nullable Object>> documents;
    private final Json json = new Json(this::complete);
    private final LogOf log;
    /** Before each message for people. */
    private final String prefix;

    private final List<String> held = new ArrayList<>();
    private final AtomicBoolean saidVariables = new AtomicBoolean();

    /** How much is printed. */
    public enum Verbosity {
        /** Warnings and errors; text on stdout only if the status is not 0. */
        QUIET,
        NORMAL,
        /** Everything, with details. */
        VERBOSE
    }

    /** The log, as a command writes to it. */
    public interface LogOf {
        LogOf NONE = (level, message, hint) -> {};

        /**
         * Writes a message of the command.
         *
         * @param hint empty without one
         */
        void write(Level level, String message, String hint);

        /** Adds to the bytes that the last line tells: those that were stored, read, copied or freed. */
        default void count(long bytes) {}

        /**
         * One of several tasks of the command has ended; the bytes that were counted since the last one are its own.
         */
        default void ended(String task, Optional<String> repository, Duration took, ExitCode status) {}
    }

    /**
     * The form of the output. Immutable.
     *
     * @param talkToTerminal whether people see stderr as it is written
     */
    public record Manner(
            OutputFormat format,
            Verbosity verbosity,
            Paint data,
            Paint talk,
            boolean talkToTerminal,
            CopyableLines copyable) {}

    public Output(PrintStream data, PrintStream talk, Manner manner) {
        this(data, talk, manner, LogOf.NONE, document -> data.println(JsonText.pretty(document)));
    }

    /**
     * An output whose JSON documents do not go to stdout.
     *
     * @param log receives all messages, also those that {@code --quiet} suppresses
     * @param documents takes the members of each JSON document
     */
    public Output(
            PrintStream data,
            PrintStream talk,
            Manner manner,
            LogOf log,
            Consumer<Map<String, @Nullable Object>> documents) {
        this(data, talk, manner, log, documents, "");
    }

    private Output(
            PrintStream data,
            PrintStream talk,
            Manner manner,
            LogOf log,
            Consumer<Map<String, @Nullable Object>> documents,
            String prefix) {
        this.prefix = prefix;
        this.data = data;
        this.talk = talk;
        this.manner = manner;
        this.log = log;
        this.documents = documents;
    }

    /** The same output, whose messages go to another log. */
    public Output withLog(LogOf other) {
        return new Output(data, talk, manner, other, documents, prefix);
    }

    /** The same output, where each message for people begins with this; the log knows whom it is about. */
    public Output withPrefix(String text) {
        return new Output(data, talk, manner, log, documents, text);
    }

    public boolean isJson() {
        return manner.format() == OutputFormat.JSON;
    }

    public boolean isVerbose() {
        return manner.verbosity() == Verbosity.VERBOSE;
    }

    private boolean isQuiet() {
        return manner.verbosity() == Verbosity.QUIET;
    }

    /** A line of data, for people. */
    public void line(String text) {
        if (isQuiet()) {
            synchronized (held) {
                held.add(text);
            }
        } else {
            data.println(manner.data().line(text));
        }
    }

    /** A line of data with commands to copy, each completed with the options that it needs. */
    public void advise(String text) {
        line(complete(text));
        sayVariables(text);
    }

    /** Prints the text held back by {@code --quiet}: the status is not 0. */
    public void releaseHeld() {
        synchronized (held) {
            held.forEach(text -> data.println(manner.data().line(text)));
            held.clear();
        }
    }

    /** A document, in which the commands of every {@code hint} and {@code text} are completed. */
    public void json(Record view) {
        documents.accept(json.document(view));
    }

    /** A line about the progress of the command. */
    public void say(String text) {
        log.write(Level.INFO, complete(text), "");
        print(text);
    }

    /** The title of the messages that follow, which a log does not need. */
    public void title(String text) {
        print(text);
    }

    private void print(String text) {
        if (!isQuiet()) {
            talk.println(manner.talk().line(prefix + complete(text)));
            sayVariables(text);
        }
    }

    /** Adds to the bytes that the command's last line in the log tells. */
    public void count(long bytes) {
        log.count(bytes);
    }

    /** Writes into the log alone that one of several tasks of the command has ended. */
    public void ended(String task, Optional<String> repository, Duration took, ExitCode status) {
        log.ended(task, repository, took, status);
    }

    /** As {@link #say}, but only with {@code --verbose}. */
    public void detail(String text) {
        log.write(Level.DEBUG, complete(text), "");
        if (isVerbose()) {
            print(text);
        }
    }

    /** Prints a finding: OK as a plain line, anything else as a warning. */
    public void tell(Finding finding) {
        switch (finding.severity()) {
            case OK -> say(finding.message());
            case WARNING, CRITICAL -> warn(finding.message(), finding.hint());
        }
    }

    public void warn(String message, String hint) {
        tell(Level.WARNING, message, hint);
    }

    /** Prints the error that ended the command. */
    public void error(String message, String hint) {
        tell(Level.ERROR, message, hint);
    }

    private void tell(Level severity, String message, String hint) {
        log.write(severity, message, complete(hint));
        synchronized (talk) { // several threads may tell something
            talk.println(manner.talk().line(severity + ": " + prefix + message));
            if (!hint.isEmpty()) {
                talk.println(manner.talk().line("HINT: " + complete(hint)));
                sayVariables(hint);
            }
        }
    }

    /** Names, once, the variables that a printed command needs. */
    private void sayVariables(String text) {
        manner.copyable().neededVariables(text).ifPresent(line -> {
            if (saidVariables.compareAndSet(false, true)) {
                talk.println(manner.talk().line(line));
            }
        });
    }

    /**
     * Completes each {@code tidemark COMMAND} in the text with the options that it needs. For hints that are printed as
     * data; {@link #say}, {@link #warn} and {@link #error} do it themselves.
     */
    public String complete(String text) {
        return manner.copyable().complete(text);
    }

    /** Shows progress on stderr. The caller closes it. */
    public Progress progress(String title, long expectedBytes) {
        Progress.Form seen = manner.talkToTerminal() ? Progress.Form.BAR : Progress.Form.LINES;
        return new Progress(talk, isQuiet() ? Progress.Form.NONE : seen, this, title, expectedBytes);
    }
}
