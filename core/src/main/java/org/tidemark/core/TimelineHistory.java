// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The timeline path of one timeline: its ancestors with their switch points, as its {@code .history} file lists them.
 * Immutable.
 *
 * <p>The positions in the file may decrease. A recovery with target timeline 2 can end before timeline 2 began, and the
 * new timeline is still a child of timeline 2. Each ancestor then ends where the earliest of its successors begins.
 * PostgreSQL reads the file in the same way (tliOfPointInHistory() in src/backend/access/transam/timeline.c looks for
 * the newest timeline first). An ancestor that began after that point has no WAL on this path: it ends where its
 * predecessor ends.
 *
 * @param timeline the timeline that has this history
 * @param switches the ends of the ancestors, oldest first, with increasing timeline ids. The constructor takes the
 *     positions of the file and replaces each by the position where the ancestor really ended; these never decrease
 */
public record TimelineHistory(Timeline timeline, List<Switch> switches) {
    /**
     * The end of an ancestor.
     *
     * @param parent the ancestor
     * @param at the first position that belongs to a later timeline
     * @param reason PostgreSQL's text after the position; may be empty
     */
    public record Switch(Timeline parent, Lsn at, String reason) {}

    public TimelineHistory {
        Timeline previous = null;
        for (Switch ancestor : switches) {
            if (previous != null && ancestor.parent().compareTo(previous) <= 0) {
                throw new IllegalArgumentException("timeline ids must rise in the history of timeline " + timeline);
            }
            previous = ancestor.parent();
        }
        if (previous != null && previous.compareTo(timeline) >= 0) {
            throw new IllegalArgumentException(
                    "timeline " + timeline + " has an ancestor that is not older: " + previous);
        }
        switches = withEarliestEnds(switches);
    }

    private static List<Switch> withEarliestEnds(List<Switch> written) {
        List<Switch> ends = new ArrayList<>(written);
        for (int i = ends.size() - 2; i >= 0; i--) {
            Switch ancestor = ends.get(i);
            Lsn next = ends.get(i + 1).at();
            if (next.isBefore(ancestor.at())) {
                ends.set(i, new Switch(ancestor.parent(), next, ancestor.reason()));
            }
        }
        return List.copyOf(ends);
    }

    /** The history of a timeline without ancestors, such as timeline 1. */
    public static TimelineHistory root(Timeline timeline) {
        return new TimelineHistory(timeline, List.of());
    }

    /**
     * Parses the content of a {@code .history} file (PostgreSQL: src/backend/access/transam/timeline.c).
     *
     * @throws IllegalArgumentException if a line is not empty, a comment, or "id, position, reason"
     */
    public static TimelineHistory parse(Timeline timeline, String content) {
        List<Switch> switches = new ArrayList<>();
        for (String line : content.split("\n", -1)) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            String[] fields = text.split("\\s+", 3);
            if (fields.length < 2 || !fields[0].matches("[0-9]{1,9}")) {
                throw new IllegalArgumentException(
                        "not a line of a timeline history: '" + text + "' (expected id, position, reason)");
            }
            switches.add(new Switch(
                    new Timeline(Integer.parseInt(fields[0])),
                    Lsn.parse(fields[1]),
                    fields.length > 2 ? fields[2] : ""));
        }
        return new TimelineHistory(timeline, switches);
    }

    /** The position where {@code ancestor} ended on this path; empty if it is not an ancestor. */
    public Optional<Lsn> endOf(Timeline ancestor) {
        return switches.stream()
                .filter(each -> each.parent().equals(ancestor))
                .map(Switch::at)
                .findFirst();
    }

    /** The position where this timeline began; 0/0 if it has no ancestors. */
    public Lsn begin() {
        return switches.isEmpty() ? new Lsn(0) : switches.getLast().at();
    }

    /** The timeline of this path to which the byte at {@code position} belongs. */
    public Timeline ownerOf(Lsn position) {
        for (Switch ancestor : switches) {
            if (position.isBefore(ancestor.at())) {
                return ancestor.parent();
            }
        }
        return timeline;
    }

    /** Whether {@code other} is this timeline or one of its ancestors. */
    public boolean includes(Timeline other) {
        return other.equals(timeline) || endOf(other).isPresent();
    }

    /** Whether this timeline path includes {@code other} at {@code position}. */
    public boolean passes(Timeline other, Lsn position) {
        return other.equals(timeline)
                ? !position.isBefore(begin())
                : endOf(other).filter(end -> !position.isAfter(end)).isPresent();
    }
}
