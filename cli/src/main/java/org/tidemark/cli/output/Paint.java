// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Colors the important words: severities and the states of backups. Lines are painted after they are laid out, so
 * colors move no column. Immutable.
 */
public enum Paint {
    NONE,
    ANSI;

    private static final Pattern BAD = Pattern.compile("^( *)(ERROR|CRITICAL|DAMAGED|REFUSED|CONFLICT)\\b|\\bPROBLEM$"
            + "|\\bNOT FULLY PROTECTED\\b|(?<= )(damaged|broken|interrupted)(?= )");
    private static final Pattern DOUBTFUL = Pattern.compile("^( *)WARNING\\b|\\bWARNING$");
    private static final Pattern GOOD = Pattern.compile("^OK\\b|(?<=· )protected$|(?<= )(?:complete(?= )|kept(?=  ))");
    private static final Pattern HINT = Pattern.compile("^( *)HINT:");

    private static final String RED = "31";
    private static final String YELLOW = "33";
    private static final String GREEN = "32";
    private static final String CYAN = "36";

    /** One line, colored if colors are on. */
    public String line(String text) {
        if (this == NONE) {
            return text;
        }
        String painted = paint(text, BAD, "1;" + RED);
        painted = paint(painted, DOUBTFUL, "1;" + YELLOW);
        painted = paint(painted, GOOD, GREEN);
        return paint(painted, HINT, CYAN);
    }

    private static String paint(String text, Pattern words, String color) {
        Matcher found = words.matcher(text);
        return found.replaceAll(word -> Matcher.quoteReplacement("\033[" + color + "m" + word.group() + "\033[0m"));
    }
}
