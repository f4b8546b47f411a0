// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.HashSet;
import java.util.Set;

/** Removes temporary things when this process ends, however it ends. Thread-safe. */
public final class ExitHooks {
    private static final Set<Thread> HOOKS = new HashSet<>();

    private ExitHooks() {}

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

    /** Whether nothing is left to remove. */
    public static boolean isEmpty() {
        synchronized (HOOKS) {
            return HOOKS.isEmpty();
        }
    }
}
