// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Finding;
import org.tidemark.operations.server.RestartCommand;
import org.tidemark.operations.server.ServerSettings;

/** Whether a server's settings make it archive by this program. Pure. */
final class ServerCheck {
    private static final String SETUP = "Set it up with: tidemark setup primary";

    private ServerCheck() {}

    static List<Finding> of(ServerSettings server) {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok(
                "server", "PostgreSQL " + server.version() + ", " + (server.inRecovery() ? "a standby" : "a primary")));
        String mode = server.setting("archive_mode").orElse("off");
        if (mode.equals("off") && server.awaitingRestart().contains("archive_mode")) {
            findings.add(Finding.critical(
                    "archiving",
                    "archive_mode is off until PostgreSQL is restarted: no WAL is archived",
                    restart(server)));
        } else if (mode.equals("off")) {
            findings.add(Finding.critical("archiving", "archive_mode is off: no WAL is archived", SETUP));
        } else if (server.inRecovery() && !mode.equals("always")) {
            findings.add(Finding.ok("archiving", "the primary archives, not this standby"));
        } else {
            findings.add(command(server));
        }
        if (!server.awaitingRestart().isEmpty()) {
            findings.add(Finding.warning(
                    "settings",
                    "changed, but not in effect until PostgreSQL is restarted: "
                            + String.join(", ", server.awaitingRestart()),
                    restart(server)));
        }
        findings.addAll(recovery(server));
        if (server.setting("archive_timeout").orElse("0").equals("0") && !server.inRecovery()) {
            findings.add(Finding.warning(
                    "archive_timeout",
                    "it is 0: on a quiet server the newest transactions may wait for hours to be archived",
                    SETUP));
        }
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
            findings.add(Finding.warning(
                    "restore_command",
                    "this standby has no restore_command: when it is promoted, it cannot learn which timelines are in"
                            + " use, and may take one that another server has archived",
                    "Set it in psql, with the full path of tidemark: ALTER SYSTEM SET restore_command = 'tidemark"
                            + " wal-fetch %f %p'"));
        }
        String timeline = server.setting("recovery_target_timeline").orElse("latest");
        if (!server.inRecovery()
                && timeline.matches("[0-9]+")
                && !server.awaitingRestart().contains("recovery_target_timeline")) {
            findings.add(Finding.warning(
                    "timeline",
                    "recovery_target_timeline is '" + timeline
                            + "', from a recovery that is over: a standby that is made from this server follows"
                            + " timeline "
                            + timeline + " and never catches up",
                    "Remove it in psql with: ALTER SYSTEM RESET recovery_target_timeline; it takes effect at the next"
                            + " restart"));
        }
        return findings;
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
            return Finding.critical("archiving", reason, "Unset archive_library: tidemark setup primary --replace");
        }
        if (command.isEmpty()) {
            return Finding.critical("archiving", "archive_command is empty: WAL piles up in pg_wal", SETUP);
        }
        ArchiveCommand called = ArchiveCommand.of(command);
        if (!called.callsWalPush()) {
            return Finding.critical(
                    "archiving",
                    "archive_command does not call tidemark wal-push, so no WAL reaches the repositories: '" + command
                            + "'",
                    "Replace it with: tidemark setup primary --replace. A program of your own can run before it:"
                            + " PROGRAM %p && tidemark wal-push %p");
        }
        if (called.hidesFailure()) {
            return Finding.critical(
                    "archiving",
                    "archive_command succeeds even if wal-push fails, and PostgreSQL then removes WAL that is not"
                            + " archived: '" + command + "'",
                    "Let it end with the exit status of wal-push: tidemark setup primary --replace");
        }
        return Finding.ok(
                "archiving",
                "archive_mode is " + server.setting("archive_mode").orElse("") + ", archive_command is wal-push");
    }
}
