// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why a server ended, out of the lines of its log: the last FATAL or PANIC with the DETAIL and HINT that follow it, and
 * what stands before it and says more, as the setting that is wrong or the address that is in use. Pure.
 */
final class StartFailure {
    private static final Pattern LINE = Pattern.compile("(?:^|.*? )((FATAL|PANIC|ERROR|WARNING|LOG|DETAIL|HINT): .*)");

    /** What a client is told while the server takes none; it says nothing of why the server ended. */
    static final String TAKES_NO_CLIENTS = "the database system is ";

    private static final Pattern REASON = Pattern.compile("could not|cannot|invalid|unrecognized|not available|failed");
    private static final int MOST_BEFORE = 4;
    private static final int MAX_CHARACTERS = 1_000;

    private StartFailure() {}

    private record Said(String severity, String text) {
        static Optional<Said> of(String line) {
            Matcher parts = LINE.matcher(line);
            return parts.matches()
                    ? Optional.of(
                            new Said(parts.group(2), parts.group(1).strip().replaceFirst(": +", ": ")))
                    : Optional.empty();
        }

        boolean isEnd() {
            return (severity.equals("FATAL") || severity.equals("PANIC")) && !text.contains(TAKES_NO_CLIENTS);
        }

        boolean belongsToTheLineBefore() {
            return severity.equals("DETAIL") || severity.equals("HINT");
        }

        boolean isReason() {
            return belongsToTheLineBefore()
                    || severity.equals("ERROR")
                    || severity.equals("WARNING")
                    || (severity.equals("LOG") && REASON.matcher(text).find());
        }
    }

    /** Empty if no line says that it ended. */
    static Optional<String> of(List<String> lines) {
        List<Said> said = lines.stream().flatMap(line -> Said.of(line).stream()).toList();
        int end = said.size() - 1;
        while (end >= 0 && !said.get(end).isEnd()) {
            end--;
        }
        if (end < 0) {
            return Optional.empty();
        }
        List<String> reason = new ArrayList<>(List.of(said.get(end).text()));
        for (int at = end + 1; at < said.size() && said.get(at).belongsToTheLineBefore(); at++) {
            reason.add(said.get(at).text());
        }
        Deque<String> before = new ArrayDeque<>();
        for (int at = end - 1;
                at >= 0 && before.size() < MOST_BEFORE && said.get(at).isReason();
                at--) {
            before.addFirst(said.get(at).text());
        }
        String text = String.join("; ", reason) + (before.isEmpty() ? "" : "; before it: " + String.join("; ", before));
        return Optional.of(text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS) + " ...");
    }
}
