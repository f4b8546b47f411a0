// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The result of one run of rsync.
 *
 * @param status of the program; meaningless if it was stopped
 * @param stopped whether this process ended rsync, because it had read enough of the output
 */
record RsyncResult(int status, boolean stopped, RsyncMessages messages) {
    static final int USAGE = 1;
    static final int NOT_SUPPORTED = 4;
    private static final int SOCKET = 10;
    private static final int PROTOCOL = 12;
    private static final int VANISHED = 24;
    private static final int SSH_FAILED = 255;
    private static final int IO_TIMEOUT = 30;
    private static final int CONNECT_TIMEOUT = 35;

    /** Whether the client or the server does not accept an option. */
    boolean refusedOption(String option) {
        return (status == USAGE || status == NOT_SUPPORTED) && messages.any(line -> line.contains(option));
    }

    boolean ok() {
        return status == 0 && !stopped;
    }

    /** Whether a listing is complete, apart from files that were removed meanwhile. */
    boolean listed() {
        return ok() || (status == VANISHED && !stopped);
    }

    /** Whether the cause may be the connection: rsync's socket, protocol or time limits, or ssh. */
    boolean lostConnection() {
        return !stopped && (status == SOCKET || status == PROTOCOL || status == SSH_FAILED || timedOut());
    }

    /** Whether a time limit of rsync has passed; another run would probably wait as long again. */
    boolean timedOut() {
        return status == IO_TIMEOUT || status == CONNECT_TIMEOUT;
    }

    /**
     * The error output of one run of rsync and its ssh: the first lines, and the number of each system error in the
     * output. Not thread-safe.
     */
    static final class RsyncMessages {
        private static final int MAX_LINES = 20;
        private static final int MAX_LINE = 400;

        /** {@code rsync: [receiver] mkstemp "k/.c.yE6wIv" (in full) failed: Read-only file system (30)}. */
        private static final Pattern SYSTEM_ERROR =
                Pattern.compile("rsync: (?:\\[([A-Za-z]+)\\] )?.*\\(([0-9]{1,4})\\)$");

        private final String localRole;
        private final List<String> lines = new ArrayList<>();
        private final Set<Integer> remoteErrors = new TreeSet<>();

        /**
         * @param sending whether this host sends files; each line names the role of the host that it comes from, and
         *     the server has the other role
         */
        RsyncMessages(boolean sending) {
            this.localRole = sending ? "sender" : "receiver|generator|Receiver";
        }

        /** Takes a line; always returns true, because all lines are read. */
        boolean add(String line) {
            Matcher error = SYSTEM_ERROR.matcher(line);
            if (error.matches() && !isLocal(error)) {
                remoteErrors.add(Integer.valueOf(error.group(2)));
            }
            boolean informative = !line.isBlank() && !line.startsWith("default_perms_for_dir:");
            if (informative && lines.size() < MAX_LINES) {
                lines.add(line.substring(0, Math.min(line.length(), MAX_LINE)).replaceAll("\\p{Cntrl}", "?"));
            }
            return true;
        }

        private boolean isLocal(Matcher error) {
            // Before rsync 3.1, lines did not name the role.
            return error.group(1) != null && List.of(localRole.split("\\|", -1)).contains(error.group(1));
        }

        /** The errno values of the server. */
        Set<Integer> remoteErrors() {
            return remoteErrors;
        }

        boolean any(Predicate<String> test) {
            return lines.stream().anyMatch(test);
        }

        /** The first lines for a message, which have the cause. */
        String summary() {
            return String.join("; ", lines.subList(0, Math.min(3, lines.size())));
        }
    }
}
