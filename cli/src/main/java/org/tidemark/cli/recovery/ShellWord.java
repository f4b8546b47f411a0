// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.recovery;

/** A word in archive_command or restore_command, which PostgreSQL expands and a shell splits. */
public final class ShellWord {
    private ShellWord() {}

    /** The word, in quotes where the shell needs them; a percent sign, which means something to PostgreSQL, doubled. */
    public static String of(String text) {
        String word = text.matches("[A-Za-z0-9_./:@=+,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
        return word.replace("%", "%%");
    }
}
