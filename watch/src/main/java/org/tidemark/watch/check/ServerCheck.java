// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.server.RestartCommand;
import org.tidemark.server.ServerSettings;

/** Whether a server's settings make it archive by this program. Pure. */
final class ServerCheck {
    private static final String DATA_DIRECTORY = "data_directory";
    private static final String SETUP = "Set it up with: tidemark setup primary";

    private static final int OLDEST_MAJOR = 13;

    private ServerCheck() {}

    /** Whether archive_command is what archives the WAL. */
    static boolean archivesByPush(ServerSettings server) {
        return !server.setting("archive_mode").orElse("off").equals("off")
                && server.setting("archive_library").isEmpty()
                && ArchiveCommand.of(server.setting("archive_command").orElse(""))
                        .callsWalPush();
    }

    /** @param receiver which archives in place of archive_command */
    static List<Finding> of(ServerSettings server, Optional<ReceiverStatus> receiver) {
        List<Finding> findings = new ArrayList<>();
        findings.add(version(server));
        String mode = server.setting("archive_mode").orElse("off");
        if (receiver.isPresent()) {
            findings.add(received(server, mode, receiver.get()));
        } else if (mode.equals("off") && server.awaitingRestart().contains("archive_mode")) {
            findings.add(Subject.ARCHIVING.critical(
                    "archive_mode is off until PostgreSQL is restarted: no WAL is archived", restart(server)));
        } else if (mode.equals("off")) {
            findings.add(Subject.ARCHIVING.critical("archive_mode is off: no WAL is archived", SETUP));
        } else if (server.inRecovery() && !mode.equals("always")) {
            findings.add(Subject.ARCHIVING.ok("the primary archives, not this standby"));
        } else {
            findings.add(command(server));
        }
        List<String> changed = server.awaitingRestart().stream()
                .filter(name -> !name.equals(DATA_DIRECTORY))
                .toList();
        if (!changed.isEmpty()) {
            findings.add(Subject.SETTINGS.warning(
                    "changed settings have no effect until PostgreSQL is restarted: " + String.join(", ", changed),
                    restart(server)));
        }
        if (server.awaitingRestart().contains(DATA_DIRECTORY)) {
            findings.add(otherDirectory(server));
        }
        findings.addAll(recovery(server));
        findings.addAll(durability(server));
        if (server.setting("archive_timeout").orElse("0").equals("0") && !server.inRecovery()) {
            findings.add(Subject.ARCHIVE_TIMEOUT.warning(
                    "archive_timeout is 0: on a quiet server, the newest transactions may not be archived for hours",
                    SETUP));
        }
        return findings;
    }

    private static Finding version(ServerSettings server) {
        String found = "PostgreSQL " + server.version();
        return server.major() < OLDEST_MAJOR
                ? Subject.SERVER.critical(
                        found + " is older than what this program supports",
                        "Upgrade it to PostgreSQL " + OLDEST_MAJOR + " or later.")
                : Subject.SERVER.ok(found + ", " + (server.inRecovery() ? "a standby" : "a primary"));
    }

    /**
     * The server was started with a data directory on its command line, as a restored copy is whose configuration is
     * elsewhere. After a reload, PostgreSQL (tried: 15) marks the setting only if its file names another directory.
     */
    private static Finding otherDirectory(ServerSettings server) {
        return Subject.DATA_DIRECTORY.warning(
                "PostgreSQL's configuration file names another data directory than the one that the server runs in"
                        + server.setting(DATA_DIRECTORY)
                                .map(path -> ", '" + path + "'")
                                .orElse("")
                        + ": a restart by the service manager may start the other one",
                "Correct " + DATA_DIRECTORY + " in "
                        + server.setting("config_file")
                                .map(path -> "'" + path + "'")
                                .orElse("postgresql.conf")
                        + ", then in psql: SELECT pg_reload_conf()");
    }

    /** Settings with which WAL or the data files are worth less than they seem. */
    private static List<Finding> durability(ServerSettings server) {
        List<Finding> findings = new ArrayList<>();
        if (server.setting("wal_level").orElse("").equals("minimal")) {
            findings.add(Subject.WAL_LEVEL.critical(
                    "wal_level is minimal: the WAL is not enough to restore from",
                    server.awaitingRestart().contains("wal_level") ? restart(server) : SETUP));
        }
        if (server.setting("fsync").orElse("").equals("off")) {
            findings.add(Subject.FSYNC.warning(
                    "fsync is off: a crash of the host can damage the cluster, and later backups contain the damage",
                    "Set it in psql: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()"));
        }
        if (server.setting("full_page_writes").orElse("").equals("off")) {
            findings.add(Subject.FULL_PAGE_WRITES.warning(
                    "full_page_writes is off: a crash can leave pages half written, and no backup can be taken from a"
                            + " standby",
                    "Set it in psql: ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()"));
        }
        boolean checksums = server.setting("data_checksums").orElse("off").equals("on");
        findings.add(Subject.CHECKSUMS.ok(
                checksums
                        ? "pages have checksums, which each backup checks"
                        : "pages have no checksums: a backup cannot detect damaged pages. With the server stopped,"
                                + " pg_checksums --enable adds them"));
        return findings;
    }

    private static String restart(ServerSettings server) {
        String sentence = RestartCommand.of(server);
        return Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
    }

    /** Recovery settings that are missing on a standby, or left over on a primary. */
    private static List<Finding> recovery(ServerSettings server) {
        List<Finding> findings = new ArrayList<>();
        if (server.inRecovery()
                && server.shows("restore_command")
                && server.setting("restore_command").isEmpty()) {
            findings.add(Subject.RESTORE_COMMAND.warning(
                    "this standby has no restore_command: when it is promoted, it cannot learn which timelines are in"
                            + " use, and may take one that another server has archived",
                    "Set it in psql, with the full path of tidemark: ALTER SYSTEM SET restore_command = 'tidemark"
                            + " wal-fetch %f %p'; SELECT pg_reload_conf(). PostgreSQL 13 needs a restart."));
        }
        String timeline = server.setting("recovery_target_timeline").orElse("latest");
        if (!server.inRecovery()
                && timeline.matches("[0-9]+")
                && !server.awaitingRestart().contains("recovery_target_timeline")) {
            findings.add(Subject.TIMELINE.warning(
                    "recovery_target_timeline is '" + timeline
                            + "', from a recovery that is over: a standby that is made from this server follows"
                            + " timeline "
                            + timeline + " and never catches up",
                    "Remove it in psql with: ALTER SYSTEM RESET recovery_target_timeline; it takes effect at the next"
                            + " restart"));
        }
        return findings;
    }

    /** That the WAL arrives is found out for each repository. */
    private static Finding received(ServerSettings server, String mode, ReceiverStatus receiver) {
        String archives = "the WAL is archived by " + receiver.described();
        if (mode.equals("off")) {
            return Subject.ARCHIVING.warning(
                    archives + "; but archive_mode is off, and backup needs it",
                    "Set archive_mode = on and archive_command = '/bin/true', and restart PostgreSQL.");
        }
        if (server.setting("archive_command").isEmpty()
                && server.setting("archive_library").isEmpty()) {
            return Subject.ARCHIVING.warning(
                    archives + "; but archive_command is empty, and PostgreSQL keeps all WAL in pg_wal",
                    "Set it in psql: ALTER SYSTEM SET archive_command = '/bin/true'; SELECT pg_reload_conf()");
        }
        return Subject.ARCHIVING.ok(archives);
    }

    private static Finding command(ServerSettings server) {
        String command = server.setting("archive_command").orElse("");
        String library = server.setting("archive_library").orElse("");
        if (!library.isEmpty()) {
            String reason = command.isEmpty()
                    ? "archive_library = '" + library + "' archives, not this program"
                    : server.major() == 15
                            ? "archive_library = '" + library
                                    + "' is set, and PostgreSQL 15 then ignores archive_command without a message"
                            : "archive_library and archive_command are both set: PostgreSQL archives nothing, and"
                                    + " counts no"
                                    + " failure";
            return Subject.ARCHIVING.critical(reason, "Unset archive_library: tidemark setup primary --replace");
        }
        if (command.isEmpty()) {
            return Subject.ARCHIVING.critical("archive_command is empty: WAL piles up in pg_wal", SETUP);
        }
        ArchiveCommand called = ArchiveCommand.of(command);
        if (!called.callsWalPush()) {
            return Subject.ARCHIVING.critical(
                    "archive_command does not call tidemark wal-push, and no wal-receive is connected, so PostgreSQL may"
                            + " take WAL for archived that no repository has: '" + command + "'",
                    "Replace it with: tidemark setup primary --replace. A program of your own can run before it:"
                            + " PROGRAM %p && tidemark wal-push %p. If a receiver is to archive, start it with its"
                            + " slot: tidemark wal-receive --slot NAME");
        }
        if (called.hidesFailure()) {
            return Subject.ARCHIVING.critical(
                    "archive_command succeeds even if wal-push fails, and PostgreSQL then removes WAL that is not"
                            + " archived: '" + command + "'",
                    "Let it end with the exit status of wal-push: tidemark setup primary --replace");
        }
        return Subject.ARCHIVING.ok(
                "archive_mode is " + server.setting("archive_mode").orElse("") + ", archive_command is wal-push");
    }
}
