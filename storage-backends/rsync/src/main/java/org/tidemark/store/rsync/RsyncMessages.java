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
 * What one run of rsync, or the ssh below it, printed on its error output: the first lines, and every system error that
 * they tell by its number. Not thread-safe.
 */
final class RsyncMessages {
    private static final int MAX_LINES = 20;
    private static final int MAX_LINE = 400;

    /** {@code rsync: [receiver] mkstemp "k/.c.yE6wIv" (in full) failed: Read-only file system (30)}. */
    private static final Pattern SYSTEM_ERROR = Pattern.compile("rsync: (?:\\[([A-Za-z]+)\\] )?.*\\(([0-9]{1,4})\\)$");

    private final String localRole;
    private final List<String> lines = new ArrayList<>();
    private final Set<Integer> remoteErrors = new TreeSet<>();

    /**
     * @param sending whether this side sends files; each line names the role of the side that it comes from, and the
     *     other side has the other role
     */
    RsyncMessages(boolean sending) {
        this.localRole = sending ? "sender" : "receiver|generator|Receiver";
    }

    /** Takes a line; always true, since more are wanted. */
    boolean add(String line) {
        Matcher error = SYSTEM_ERROR.matcher(line);
        if (error.matches() && !isLocal(error)) {
            remoteErrors.add(Integer.valueOf(error.group(2)));
        }
        boolean telling = !line.isBlank() && !line.startsWith("default_perms_for_dir:");
        if (telling && lines.size() < MAX_LINES) {
            lines.add(line.substring(0, Math.min(line.length(), MAX_LINE)).replaceAll("\\p{Cntrl}", "?"));
        }
        return true;
    }

    private boolean isLocal(Matcher error) {
        // Before rsync 3.1 no role was told.
        return error.group(1) != null && List.of(localRole.split("\\|", -1)).contains(error.group(1));
    }

    /** Numbers of errno, as the other side's system gives them. */
    Set<Integer> remoteErrors() {
        return remoteErrors;
    }

    boolean any(Predicate<String> test) {
        return lines.stream().anyMatch(test);
    }

    /** For a message: the first lines, the most telling ones. */
    String summary() {
        return String.join("; ", lines.subList(0, Math.min(3, lines.size())));
    }
}
