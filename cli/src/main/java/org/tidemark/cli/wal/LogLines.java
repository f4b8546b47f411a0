// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.LogSettings;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.UtcTime;
import org.tidemark.wal.call.WalArguments;
import org.tidemark.wal.call.WalContext;

/**
 * Output of a WAL command for PostgreSQL's log: each line begins with the time, the command and the launcher's process
 * id; without a prefix, as on a terminal, lines stay unchanged. The prefix is formatted only when there is output. The
 * beginning of what was printed is kept for the log of this host. Thread-safe.
 */
final class LogLines extends OutputStream {
    /** Of what is kept. */
    private static final int MOST_BYTES = 1 << 16;

    private static @Nullable LogLines ofProcess;

    private final OutputStream to;
    private final String prefix;
    private final Clock clock;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean atStart = true;
    private @Nullable WalLog log;
    private boolean logIsKnown;

    LogLines(OutputStream to, String prefix, Clock clock) {
        this.to = to;
        this.prefix = prefix;
        this.clock = clock;
    }

    /** Everything that the process prints from now on is of this call. */
    static void begin(WalCall call, OutputStream error) {
        String prefix = call.environment().variables().getOrDefault("TIDEMARK_LINE_PREFIX", "");
        LogLines lines = new LogLines(error, prefix, Clock.systemUTC());
        System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
        ofProcess = lines;
    }

    /** Prints what an operator should know of. */
    static void warn(String message, String hint, WalContext context) {
        System.err.println(warning(message, hint, context));
    }

    /** The lines of a warning, with the command of its hint completed. */
    static String warning(String message, String hint, WalContext context) {
        String warning = "WARNING: " + message;
        return hint.isEmpty()
                ? warning
                : warning + "\nHINT: "
                        + CopyableLines.of(
                                        context.cluster(), context.arguments().configuration())
                                .complete(hint);
    }

    /** Prints what is wrong in the configuration, at most once a minute. */
    static void warn(WalContext context) {
        Optional<WalContext.Warning> warning = context.warning();
        if (warning.isPresent()) {
            warn(warning.get().message(), warning.get().hint(), context);
        }
    }

    /** The log that the configuration names; its class is loaded only then. */
    static Optional<WalLog> logOf(WalContext context) {
        Optional<LogSettings> settings = context.configuration().host().log();
        return settings.isEmpty() ? Optional.empty() : Optional.of(WalLog.of(settings.get(), context));
    }

    /** What was printed and is printed goes to this log at the end; empty if the configuration names none. */
    static void logTo(Optional<WalLog> log) {
        LogLines lines = ofProcess;
        if (lines != null) {
            lines.log = log.orElse(null);
            lines.logIsKnown = true;
        }
    }

    /** The last thing that the process does: writes into the log what was printed. */
    static void end(WalArguments arguments, WalCall call) {
        LogLines lines = ofProcess;
        if (lines == null) {
            return;
        }
        ofProcess = null;
        String printed = lines.kept();
        WalLog known = lines.log;
        if (known != null) {
            known.end(printed);
        } else if (!lines.logIsKnown && !printed.isEmpty()) {
            WalLog.tellDespiteProblems(arguments, call.environment(), printed);
        }
    }

    /** The same for a process that is ended by force: only into a log that it knows. */
    static void endWithout() {
        LogLines lines = ofProcess;
        WalLog known = lines == null ? null : lines.log;
        if (lines != null && known != null) {
            known.end(lines.kept());
        }
    }

    private synchronized String kept() {
        return kept.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    /** Written in one piece, so that the lines of parallel processes do not mix. */
    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        kept.write(bytes, offset, Math.clamp(length, 0, MOST_BYTES - kept.size()));
        if (prefix.isEmpty()) {
            to.write(bytes, offset, length);
            return;
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream(length + 80);
        for (int i = offset; i < offset + length; i++) {
            if (atStart) {
                whole.writeBytes((UtcTime.seconds(clock.instant()) + " " + prefix).getBytes(StandardCharsets.UTF_8));
            }
            whole.write(bytes[i]);
            atStart = bytes[i] == '\n';
        }
        whole.writeTo(to);
    }
}
