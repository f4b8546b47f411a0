// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.cli.log.Log;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.LogSettings;
import org.tidemark.config.LogSettings.Level;
import org.tidemark.core.ClusterName;
import org.tidemark.wal.call.WalArguments;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.notices.LateWarning;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.notices.RepeatedNotices.Kind;

/**
 * What a WAL command writes into the log of this host: a line for each file, and at its end what it has printed. Loaded
 * only where a log is configured, or where the command failed. Thread-safe.
 */
final class WalLog {
    private static final String WARNING = "WARNING: ";
    private static final String ERROR = "ERROR: ";
    private static final String HINT = "HINT: ";

    private final Log log;
    private final String cluster;
    /** Of a standby, which asks again every few seconds: what lasts is written once an hour. */
    private Optional<RepeatedNotices> notices = Optional.empty();

    WalLog(Log log, String cluster) {
        this.log = log;
        this.cluster = cluster;
    }

    /** What lasts is written once an hour from now on. */
    void ofStandby(RepeatedNotices repeated) {
        notices = Optional.of(repeated);
    }

    /** The log that the configuration of a command names. */
    static WalLog of(LogSettings settings, WalContext context) {
        return of(
                settings,
                context.arguments(),
                context.cluster().map(ClusterName::value).orElse("-"),
                problem -> {
                    // PostgreSQL's log has a line for each call otherwise.
                    if (LateWarning.isDue(context.spool(), "log", context.clock())) {
                        complain(problem);
                    }
                });
    }

    /** For a command that has failed before it knew its configuration, and has printed why. */
    static void tellDespiteProblems(WalArguments arguments, Environment environment, String printed) {
        new ConfigurationLoader(environment, Clock.systemUTC())
                .logDespiteProblems(arguments.configuration())
                .map(settings -> of(
                        settings,
                        arguments,
                        arguments.cluster().map(ClusterName::value).orElse("-"),
                        WalLog::complain))
                .ifPresent(log -> log.end(printed));
    }

    private static WalLog of(LogSettings settings, WalArguments arguments, String cluster, Log.Complaint complaint) {
        return new WalLog(Log.of(settings, arguments.command().toString(), Clock.systemUTC(), complaint), cluster);
    }

    private static void complain(String problem) {
        System.err.println(WARNING + problem);
        System.err.println(
                HINT + "WAL is archived and fetched as usual. See host.log in" + " docs/reference/configuration.md.");
    }

    void archived(PushRequest file, Duration took) {
        log.write(
                Level.INFO,
                cluster,
                "archived '" + file.file().name() + "'",
                "bytes",
                Long.toString(file.path().toFile().length()),
                "duration",
                seconds(took));
    }

    void delivered(String name, String from, Path target, Duration took) {
        log.write(
                Level.INFO,
                cluster,
                "delivered '" + name + "'",
                "repository",
                from,
                "bytes",
                Long.toString(target.toFile().length()),
                "duration",
                seconds(took));
    }

    /** A standby asks for what is not archived yet every few seconds. */
    void absent(String name, String reason) {
        log.write(Level.DEBUG, cluster, "'" + name + "' is absent: " + reason);
    }

    void say(String message) {
        log.write(Level.INFO, cluster, message);
    }

    /** The same text as that of the other commands, without a format: it would cost more than the line. */
    private static String seconds(Duration duration) {
        String millis = Long.toString(duration.toMillisPart());
        return duration.toSeconds() + "." + "0".repeat(3 - millis.length()) + millis + "s";
    }

    /** Writes the warnings and errors that were printed, and waits for a short time until everything is written. */
    void end(String printed) {
        tell(printed);
        log.close();
    }

    /** Writes the warnings and errors among these lines. */
    void tell(String printed) {
        Level level = Level.INFO;
        String message = "";
        for (String line : printed.split("\n", -1)) {
            if (line.startsWith(HINT) && !message.isEmpty()) {
                if (isToBeWritten(level, message)) {
                    log.write(level, cluster, message, "hint", line.substring(HINT.length()));
                }
                message = "";
                continue;
            }
            boolean isError = line.startsWith(ERROR);
            if (isError || line.startsWith(WARNING)) {
                tell(level, message);
                level = isError ? Level.ERROR : Level.WARNING;
                message = line.substring((isError ? ERROR : WARNING).length());
            } else if (!message.isEmpty() && line.startsWith("  ")) {
                message += " " + line.strip(); // as each problem of a configuration
            }
        }
        tell(level, message);
    }

    private void tell(Level level, String message) {
        if (!message.isEmpty() && isToBeWritten(level, message)) {
            log.write(level, cluster, message);
        }
    }

    /** The same error of other segments is the same. */
    private boolean isToBeWritten(Level level, String message) {
        return level != Level.ERROR
                || notices.isEmpty()
                || notices.get()
                                .seen(
                                        "wal-fetch for " + cluster + ": " + RepeatedNotices.withoutNumbers(message),
                                        Duration.ZERO)
                                .kind()
                        != Kind.NOTHING;
    }
}
