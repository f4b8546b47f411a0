// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import org.tidemark.core.Timeline;

/** Which timeline a recovery follows, as the operator says it. Immutable. */
public sealed interface TimelineChoice {
    TimelineChoice LATEST = new Latest();
    TimelineChoice CURRENT = new Current();

    /**
     * Reads {@code latest}, {@code current} or a decimal number.
     *
     * @throws IllegalArgumentException if {@code text} is not one of them
     */
    static TimelineChoice parse(String text) {
        if (text.equals("latest")) {
            return LATEST;
        }
        if (text.equals("current")) {
            return CURRENT;
        }
        if (!text.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException(
                    "not a timeline: '" + text + "' (expected 'latest', 'current' or a number)");
        }
        return new Numbered(new Timeline(Integer.parseInt(text)));
    }

    /** The highest timeline that a backup leads to. */
    record Latest() implements TimelineChoice {}

    /** The timeline on which the backup was taken. */
    record Current() implements TimelineChoice {}

    /** One timeline by its number. */
    record Numbered(Timeline timeline) implements TimelineChoice {}
}
