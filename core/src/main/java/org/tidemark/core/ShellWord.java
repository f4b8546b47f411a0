// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.regex.Pattern;

/** Quotes text so that a POSIX shell reads it as one word, unchanged. */
public final class ShellWord {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:@=+,-]+");

    private ShellWord() {}

    /** A word of a command line; quoted only if the shell would otherwise change or split it. */
    public static String quote(String text) {
        return PLAIN.matcher(text).matches() ? text : quoted(text);
    }

    /** The same, with quotes in any case: in a sentence they show where the word ends. */
    public static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /**
     * A word of archive_command or restore_command. PostgreSQL replaces {@code %p} and its like before a shell runs the
     * command, so a percent sign is doubled.
     */
    public static String quoteForServer(String text) {
        return quote(text).replace("%", "%%");
    }
}
