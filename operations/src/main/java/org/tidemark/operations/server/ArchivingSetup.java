// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which settings of a server have to change, so that it archives by a command. Pure. */
public final class ArchivingSetup {
    private static final int ARCHIVE_TIMEOUT_SECONDS = 60;
    private static final Pattern OWN_COMMAND = Pattern.compile("(\\S*/|'.*/)?tidemark'? wal-push .*");

    private ArchivingSetup() {}

    /**
     * One change.
     *
     * @param from empty if it was unset
     * @param to empty: ALTER SYSTEM RESET for a {@link #reset}, else the empty text
     * @param restart whether it holds only after a restart
     * @param reset whether what ALTER SYSTEM set before is taken back
     */
    public record Change(String setting, String from, String to, boolean restart, boolean reset) {
        /** The statement that does it. */
        public String sql() {
            if (reset) {
                return "ALTER SYSTEM RESET " + setting;
            }
            // ALTER SYSTEM takes no parameters. A question mark is doubled for the driver, which takes it for one.
            return "ALTER SYSTEM SET " + setting + " = '"
                    + to.replace("'", "''").replace("?", "??") + "'";
        }
    }

    /** Nothing where everything is right already. */
    public static List<Change> changes(ServerSettings server, String archiveCommand) {
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
        int timeout = Integer.parseInt(server.setting("archive_timeout").orElse("0"));
        if (timeout == 0 || timeout > ARCHIVE_TIMEOUT_SECONDS) {
            changes.add(change(server, "archive_timeout", Integer.toString(ARCHIVE_TIMEOUT_SECONDS), false));
        }
        return changes;
    }

    private static Change change(ServerSettings server, String setting, String to, boolean restart) {
        return new Change(setting, server.setting(setting).orElse(""), to, restart, false);
    }

    /** What archives now and is not ours: an archive_library, or another program's archive_command. */
    public static Optional<String> foreign(ServerSettings server) {
        return server.setting("archive_library")
                .map(library -> "archive_library = '" + library + "'")
                .or(() -> server.setting("archive_command")
                        .filter(command -> !isOwn(command))
                        .map(command -> "archive_command = '" + command + "'"));
    }

    /** Whether it calls this program's wal-push. */
    public static boolean isOwn(String archiveCommand) {
        return OWN_COMMAND.matcher(archiveCommand).matches();
    }
}
