// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.process;

import org.tidemark.core.ExitHooks;

/**
 * Ends this process. {@link System#exit} first looks for a logger, in every jar of the class path, which takes a short
 * command a fifth of its time; and only a process with something left to remove needs its hooks.
 */
public final class ProcessEnd {
    private ProcessEnd() {}

    /** Ends the process; threads that were added to {@link ExitHooks} run before. Does not return. */
    public static void exit(int status) {
        if (ExitHooks.isEmpty() && !isEnding()) {
            System.out.flush();
            System.err.flush();
            Runtime.getRuntime().halt(status);
        }
        System.exit(status);
    }

    /** Whether the JVM ends already, as after a signal: then the status is not ours to decide. */
    private static boolean isEnding() {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {}));
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
