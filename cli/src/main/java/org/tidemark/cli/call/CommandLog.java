// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.cli.log.Log;
import org.tidemark.cli.output.Output;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.LogSettings;
import org.tidemark.config.LogSettings.Level;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;

/** What one run of a command writes into the log of this host: its messages, and a line at its end. Thread-safe. */
public final class CommandLog implements Output.LogOf, AutoCloseable {
    /** Commands that need no configuration, and do nothing to a cluster. */
    private static final Set<String> WITHOUT = Set.of("demo", "help", "version", "wal-push", "wal-fetch");

    private final Log log;
    private final long begun = System.nanoTime();
    private final AtomicLong bytes = new AtomicLong();
    private volatile String cluster = "-";
    private volatile boolean hasWritten;

    private CommandLog(Log log) {
        this.log = log;
    }

    /** The same log for what concerns a cluster, beside other clusters. */
    CommandLog about(ClusterName name) {
        CommandLog about = new CommandLog(log);
        about.isAbout(Optional.of(name));
        return about;
    }

    static CommandLog none() {
        return new CommandLog(Log.NONE);
    }

    /** The log that is configured, whatever else is wrong in the configuration. */
    static CommandLog of(CommandContext context, String command, GlobalOptions global) {
        if (WITHOUT.contains(command)) {
            return none();
        }
        Optional<LogSettings> settings;
        try {
            settings =
                    new ConfigurationLoader(context.environment(), context.clock()).logDespiteProblems(global.config());
        } catch (OutOfMemoryError e) {
            return none(); // the command reads the same files, and says it
        }
        return settings.map(to -> new CommandLog(Log.of(
                        to,
                        command,
                        context.clock(),
                        problem -> context.talk()
                                .println("WARNING: " + problem + System.lineSeparator()
                                        + "HINT: The command goes on without it. See host.log in"
                                        + " docs/reference/configuration.md."))))
                .orElseGet(CommandLog::none);
    }

    /** The lines from now on are about this cluster. */
    public void isAbout(Optional<ClusterName> name) {
        cluster = name.map(ClusterName::value).orElse("-");
    }

    @Override
    public void count(long more) {
        bytes.addAndGet(more);
    }

    @Override
    public void write(Level level, String message, String hint) {
        hasWritten |= level != Level.DEBUG;
        log.write(level, cluster, message, "hint", hint);
    }

    /** A file was archived; too often for stderr. */
    void archived(ClusterName of, String name, long size, Duration took) {
        log.write(
                Level.INFO,
                of.value(),
                "archived '" + name + "'",
                "bytes",
                Long.toString(size),
                "duration",
                seconds(took));
    }

    @Override
    public void ended(String task, Optional<String> repository, Duration took, ExitCode status) {
        hasWritten = true;
        write(Level.INFO, task + ": ", repository.orElse(""), took, status.status());
    }

    /** The last line. A cron that had nothing to do does not fill the log with one a minute. */
    void ended(String command, int status) {
        boolean isIdle = command.equals("cron") && !hasWritten && status == ExitCode.DONE.status();
        write(isIdle ? Level.DEBUG : Level.INFO, "", "", Duration.ofNanos(System.nanoTime() - begun), status);
    }

    private void write(Level level, String task, String repository, Duration took, int status) {
        long done = bytes.getAndSet(0);
        log.write(
                level,
                cluster,
                task + (status == ExitCode.DONE.status() ? "done" : "ended"),
                "repository",
                repository,
                "status",
                Integer.toString(status),
                "duration",
                seconds(took),
                "bytes",
                done == 0 ? "" : Long.toString(done));
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.3fs", duration.toMillis() / 1e3);
    }

    @Override
    public void close() {
        log.close();
    }
}
