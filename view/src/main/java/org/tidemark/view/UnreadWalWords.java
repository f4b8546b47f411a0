// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import org.tidemark.core.UtcTime;
import org.tidemark.walsearch.UnreadWal;

/** WAL that a search could not read, in words. */
public final class UnreadWalWords {
    private UnreadWalWords() {}

    /** Such as "000000010000000000000005 is missing or damaged (between ... and ...)". */
    public static String of(UnreadWal unread) {
        String which = unread.first().equals(unread.last())
                ? (unread.isEnd() ? "the end of " : "") + unread.first().name() + " is"
                : unread.first().name() + " .. " + unread.last().name() + " are";
        return which + " missing or damaged" + times(unread);
    }

    private static String times(UnreadWal unread) {
        if (unread.after().isPresent() && unread.until().isPresent()) {
            return " (between " + UtcTime.seconds(unread.after().get()) + " and "
                    + UtcTime.seconds(unread.until().get()) + ")";
        }
        return unread.after()
                .map(time -> " (after " + UtcTime.seconds(time) + ")")
                .or(() -> unread.until().map(time -> " (before " + UtcTime.seconds(time) + ")"))
                .orElse("");
    }
}
