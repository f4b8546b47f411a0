// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * For whom this process waits at the moment. Whatever waits for a store or a server says so here, and a command that an
 * operator sees tells of a wait that has become long: each wait has a limit of its own, but the reason must be seen
 * before that ends. Thread-safe.
 */
public final class LongWaits {
    /** An operator begins to wonder. */
    public static final Duration LONG = Duration.ofSeconds(5);

    private static final Set<Wait> NOW = ConcurrentHashMap.newKeySet();

    private LongWaits() {}

    /**
     * A wait, until it is closed. It can be interrupted, by work that is not a wait, and goes on with {@link #begin}.
     * Used by one thread, but for {@link #forget}.
     */
    public static final class Wait implements AutoCloseable {
        private final String whom;
        private volatile long before;
        private volatile long begun;

        private Wait(String whom) {
            this.whom = whom;
        }

        /** It begins, or goes on. */
        public Wait begin() {
            begun = System.nanoTime();
            NOW.add(this);
            return this;
        }

        /** What was waited for has come: the next one is another wait. Any thread may call it. */
        public void forget() {
            before = 0;
            begun = System.nanoTime();
        }

        private boolean isLongerThan(Duration time) {
            return before + System.nanoTime() - begun > time.toNanos();
        }

        @Override
        public void close() {
            NOW.remove(this);
            long waited = before + System.nanoTime() - begun;
            before = waited;
        }
    }

    /** What tells of long waits, until it is closed. */
    public static final class Teller implements AutoCloseable {
        private final Thread thread;

        private Teller(Thread thread) {
            this.thread = thread;
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }

    /** A wait begins. The caller closes it. */
    public static Wait on(String whom) {
        return of(whom).begin();
    }

    /** A wait that has not begun. */
    public static Wait of(String whom) {
        return new Wait(whom);
    }

    /**
     * Tells of each one for whom this process waits for longer than a time, once for each.
     *
     * @param told is called by a thread of its own
     */
    public static Teller tell(Duration time, Consumer<String> told) {
        Thread thread = new Thread(() -> watch(time, told), "long-waits");
        thread.setDaemon(true);
        thread.start();
        return new Teller(thread);
    }

    private static void watch(Duration time, Consumer<String> told) {
        Set<String> known = new HashSet<>();
        try {
            while (true) {
                Thread.sleep(time.dividedBy(5));
                for (Wait each : NOW) {
                    if (each.isLongerThan(time) && known.add(each.whom)) {
                        told.accept(each.whom);
                    }
                }
            }
        } catch (InterruptedException e) {
            // The command has ended.
        }
    }
}
