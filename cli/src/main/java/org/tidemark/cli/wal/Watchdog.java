// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;

/**
 * Ends the process when a command takes longer than it may: first by an interrupt, then, since a read from a dead
 * network file system cannot be interrupted, without asking. PostgreSQL waits for its commands without any limit of its
 * own.
 */
final class Watchdog {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static @Nullable Thread present;

    private Watchdog() {}

    /**
     * Watches the calling thread until the process ends, or until this is called again: the next limit counts from
     * then.
     *
     * @param what for the message: what took too long
     */
    static synchronized void watch(Duration limit, String what) {
        Thread watched = Thread.currentThread();
        Thread watchdog = new Thread(
                () -> {
                    try {
                        Thread.sleep(limit);
                        System.err.println("ERROR: " + what + " took longer than " + limit.toSeconds() + " s");
                        System.err.println("HINT: Is the store slow, or its disk or network hanging?");
                        watched.interrupt();
                        Thread.sleep(GRACE);
                        Runtime.getRuntime().halt(ExitCode.TIMED_OUT.status());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
        if (present != null) {
            present.interrupt();
        }
        present = watchdog;
    }
}
