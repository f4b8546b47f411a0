// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How an archive_command uses this program's wal-push, judging by its text. Immutable.
 *
 * @param callsWalPush by itself, after a variable assignment, or as one of several programs
 * @param hidesFailure whether PostgreSQL would be told "archived" although wal-push failed
 */
record ArchiveCommand(boolean callsWalPush, boolean hidesFailure) {
    /** The launcher by name or path, in quotes or not, at the beginning of a word. */
    private static final Pattern WAL_PUSH = Pattern.compile("(?:^|[\\s;&|(/'\"=])tidemark['\"]?\\s+wal-push(?=\\s|$)");

    private static final Pattern COMMENT = Pattern.compile("(?:^|\\s)#");
    private static final Pattern ALWAYS_SUCCEEDS =
            Pattern.compile("(?:\\|\\||;|(?<!&)&(?!&))\\s*(?:(?:\\S*/)?true|:|exit\\s+0)?\\s*;?\\s*$");

    static ArchiveCommand of(String text) {
        Matcher comment = COMMENT.matcher(text);
        String code = comment.find() ? text.substring(0, comment.start()) : text;
        Matcher call = WAL_PUSH.matcher(code);
        if (!call.find()) {
            return new ArchiveCommand(false, false);
        }
        Matcher end = ALWAYS_SUCCEEDS.matcher(code.substring(call.end()));
        return new ArchiveCommand(true, end.find() && !end.group().strip().equals(";"));
    }
}
