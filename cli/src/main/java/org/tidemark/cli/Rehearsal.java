// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.cli.process.ProcessEnd;
import org.tidemark.core.ExitCode;

/**
 * Runs several commands one after the other in one JVM. Only the build calls it: a JVM notes for a cache of classes
 * what it has loaded itself, and the cache is for the class path that it ran with.
 */
final class Rehearsal {
    private static final String THEN = "then";

    private Rehearsal() {}

    /** The arguments are command lines, with {@value #THEN} between them. */
    public static void main(String[] arguments) {
        List<String> line = new ArrayList<>();
        for (String word : arguments) {
            if (word.equals(THEN)) {
                run(line);
                line.clear();
            } else {
                line.add(word);
            }
        }
        run(line);
        ProcessEnd.exit(ExitCode.DONE.status());
    }

    /** Ends the process if a command fails; the answer "no", such as a warning of check, is no failure. */
    private static void run(List<String> line) {
        int status = Main.run(line.toArray(String[]::new));
        if (status > ExitCode.NO.status()) {
            System.err.println("ERROR: " + String.join(" ", line) + " ended with " + status);
            ProcessEnd.exit(status);
        }
    }
}
