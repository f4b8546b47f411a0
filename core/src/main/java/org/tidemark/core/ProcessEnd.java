// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.HashSet;
import java.util.Set;

/**
 * Ends this process. {@link System#exit} first looks for a logger, in every jar of the class path, which takes a short
 * command a fifth of its time; and only a process with something left to remove needs its hooks. Thread-safe.
 */
public final class ProcessEnd {
    private static final Set<Thread> HOOKS = new HashSet<>();

    private ProcessEnd() {}

    /**
     * Starts the thread when the JVM ends, also by a signal.
     *
     * @throws IllegalStateException if it is ending already
     */
    public static void add(Thread hook) {
        Runtime.getRuntime().addShutdownHook(hook);
        synchronized (HOOKS) {
            HOOKS.add(hook);
        }
    }

    /**
     * Undoes {@link #add}.
     *
     * @throws IllegalStateException if the JVM is ending, and starts the thread
     */
    public static void remove(Thread hook) {
        synchronized (HOOKS) {
            HOOKS.remove(hook);
        }
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    /** Ends the process; threads that were added run before. Does not return. */
    public static void exit(int status) {
        if (mayHalt()) {
            System.out.flush();
            System.err.flush();
            Runtime.getRuntime().halt(status);
        }
        System.exit(status);
    }

    private static boolean mayHalt() {
        synchronized (HOOKS) {
            if (!HOOKS.isEmpty()) {
                return false;
            }
        }
        try {
            // Refused while the JVM ends, as after a signal: then the status is not ours to decide.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {}));
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
