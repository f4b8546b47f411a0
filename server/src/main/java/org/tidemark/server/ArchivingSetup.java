// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.session.Session;

/**
 * What has to change in the settings of a primary, so that it archives by a command. Immutable.
 *
 * @param foreign what archives now and is not this program: an archive_library, or another archive_command
 * @param changes none where everything is right already
 */
public record ArchivingSetup(ServerSettings server, Optional<String> foreign, List<Change> changes) {
    private static final int ARCHIVE_TIMEOUT_SECONDS = 60;
    private static final Pattern OWN_COMMAND = Pattern.compile("(\\S*/|'.*/)?tidemark'? wal-push .*");

    /** How long PostgreSQL may take to reload its settings, which it is asked for and does not confirm: 5 s. */
    private static final int RELOAD_ATTEMPTS = 50;

    private static final int RELOAD_PAUSE_MILLIS = 100;

    public ArchivingSetup {
        changes = List.copyOf(changes);
    }

    /**
     * One change.
     *
     * @param from empty if it was unset
     * @param to empty: ALTER SYSTEM RESET for a {@link #reset}, else the empty text
     * @param restart whether it takes effect only after a restart
     * @param reset whether this undoes an earlier ALTER SYSTEM
     */
    public record Change(String setting, String from, String to, boolean restart, boolean reset) {
        /** The SQL statement. */
        public String sql() {
            if (reset) {
                return "ALTER SYSTEM RESET " + setting;
            }
            // ALTER SYSTEM takes no parameters. A question mark is doubled, since the driver takes it for a parameter.
            return "ALTER SYSTEM SET " + setting + " = '"
                    + to.replace("'", "''").replace("?", "??") + "'";
        }
    }

    /**
     * Looks at the server of the session, and changes nothing.
     *
     * @param archiveCommand the new archive_command, asked for once the server is known to be a primary
     * @throws UserFacingException POSTGRES_REFUSED if the server is in recovery
     */
    public static ArchivingSetup plan(Session session, Supplier<String> archiveCommand) {
        try (SqlConnection connection = SqlConnection.open(session.connection())) {
            ServerSettings server = ServerSettings.ask(connection);
            if (server.inRecovery()) {
                throw new UserFacingException(
                        ExitCode.POSTGRES_REFUSED,
                        "the server is in recovery",
                        "If it was restored, wait until it has replayed its WAL; where it pauses at its target, run:"
                                + " SELECT pg_wal_replay_resume(). If it is a standby, name the primary in the"
                                + " cluster's conninfo: a standby takes over its settings when it is promoted.");
            }
            requireItsDirectory(session, server, connection);
            List<Change> changes = new ArrayList<>(changes(server, archiveCommand.get()));
            if (isSummaryOfUse(session, server)) {
                changes.add(change(server, "summarize_wal", "on", false));
            }
            changes.addAll(SettingsToReset.resets(connection));
            return new ArchivingSetup(server, foreign(server), changes);
        }
    }

    /** wal-push refuses WAL of another data directory than the configured one, if both are on this host. */
    private static void requireItsDirectory(Session session, ServerSettings server, SqlConnection connection) {
        Optional<Path> configured = session.cluster().flatMap(ClusterSettings::dataDirectory);
        Optional<Path> own = server.dataDirectory();
        if (configured.isEmpty()
                || own.isEmpty()
                || !Files.isDirectory(own.get())
                || ServerDirectory.is(configured.get(), own.get(), ServerDirectory.started(connection))) {
            return;
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "the server's data directory is '" + own.get() + "', and the configuration names '" + configured.get()
                        + "': the server's WAL would be refused",
                "Name it: tidemark config set --cluster "
                        + session.cluster().orElseThrow().name() + " data-directory "
                        + ShellWord.quote(own.get().toString()));
    }

    /** Whether one of the changes holds only after a restart. */
    public boolean needsRestart() {
        return changes.stream().anyMatch(Change::restart);
    }

    /**
     * Makes the changes, if there are any, and has PostgreSQL reload its settings.
     *
     * @return a warning for each change that is not in force, although it needs no restart
     */
    public List<Finding> apply(Session session) throws InterruptedException {
        List<Finding> warnings = new ArrayList<>();
        if (changes.isEmpty()) {
            return warnings;
        }
        try (SqlConnection connection = SqlConnection.open(session.connection())) {
            for (Change change : changes) {
                connection.execute(ServerSettings.LIMIT, change.sql());
            }
            connection.execute(ServerSettings.LIMIT, "SELECT pg_reload_conf()");
            for (Change change : changes) {
                if (!change.restart() && !change.reset() && !isInForce(connection, change)) {
                    warnings.add(Finding.warning(
                            change.setting(),
                            "'" + change.setting() + "' was changed, but PostgreSQL still uses another value",
                            "Remove it from the server's command line, which overrides ALTER SYSTEM."));
                }
            }
        }
        return warnings;
    }

    private static boolean isInForce(SqlConnection connection, Change change) throws InterruptedException {
        for (int attempt = 0; attempt < RELOAD_ATTEMPTS; attempt++) {
            String value =
                    ServerSettings.ask(connection).setting(change.setting()).orElse("");
            if (value.equals(change.to())) {
                return true;
            }
            Thread.sleep(RELOAD_PAUSE_MILLIS);
        }
        return false;
    }

    private static List<Change> changes(ServerSettings server, String archiveCommand) {
        List<Change> changes = new ArrayList<>();
        if (server.setting("wal_level").orElse("").equals("minimal")) {
            changes.add(change(server, "wal_level", "replica", true));
        }
        if (server.setting("archive_mode").orElse("off").equals("off")) {
            changes.add(change(server, "archive_mode", "on", true));
        }
        if (server.setting("max_wal_senders").orElse("").equals("0")) {
            changes.add(change(server, "max_wal_senders", "10", true));
        }
        if (!server.setting("archive_command").orElse("").equals(archiveCommand)) {
            changes.add(change(server, "archive_command", archiveCommand, false));
        }
        if (server.setting("archive_library").isPresent()) {
            changes.add(change(server, "archive_library", "", false));
        }
        // Another one was chosen: on a quiet server, a shorter one makes more segments.
        if (server.setting("archive_timeout").orElse("0").equals("0")) {
            changes.add(change(server, "archive_timeout", Integer.toString(ARCHIVE_TIMEOUT_SECONDS), false));
        }
        return changes;
    }

    /** PostgreSQL 17 and later then send incremental backups only what has changed. */
    private static boolean isSummaryOfUse(Session session, ServerSettings server) {
        return server.setting("summarize_wal").equals(Optional.of("off"))
                && session.cluster()
                        .flatMap(ClusterSettings::schedule)
                        .filter(ScheduleSettings::takesIncrements)
                        .isPresent();
    }

    private static Change change(ServerSettings server, String setting, String to, boolean restart) {
        return new Change(setting, server.setting(setting).orElse(""), to, restart, false);
    }

    private static Optional<String> foreign(ServerSettings server) {
        return server.setting("archive_library")
                .map(library -> "archive_library = '" + library + "'")
                .or(() -> server.setting("archive_command")
                        .filter(command -> !isOwn(command))
                        .map(command -> "archive_command = '" + command + "'"));
    }

    /** Whether it calls this program's wal-push. */
    private static boolean isOwn(String archiveCommand) {
        return OWN_COMMAND.matcher(archiveCommand).matches();
    }
}
