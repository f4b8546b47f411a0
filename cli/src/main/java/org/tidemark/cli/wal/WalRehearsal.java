// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.cli.process.ProcessEnd;

/**
 * Runs several WAL commands one after the other in one JVM. Only the build calls it: a cache of classes holds those of
 * one JVM, and an answer "absent" takes others than a file that is there.
 */
final class WalRehearsal {
    private static final String THEN = "then";

    private WalRehearsal() {}

    /** The arguments are command lines, with {@value #THEN} between them; ends with the status of the last one. */
    public static void main(String[] arguments) {
        WalCall call = WalCall.ofProcess();
        OutputStream error = new FileOutputStream(FileDescriptor.err);
        List<String> line = new ArrayList<>();
        for (String word : arguments) {
            if (word.equals(THEN)) {
                int status = WalMain.runOneOfSeveral(line.toArray(String[]::new), call, error);
                System.err.println(String.join(" ", line) + " ended with " + status);
                line.clear();
            } else {
                line.add(word);
            }
        }
        ProcessEnd.exit(WalMain.runOneOfSeveral(line.toArray(String[]::new), call, error));
    }
}
