// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;

/**
 * Ends the process when a command takes longer than it may, or when PostgreSQL no longer waits for it: first by an
 * interrupt, then by force, since a read from a dead network file system cannot be interrupted. PostgreSQL itself waits
 * for its commands without a limit.
 */
final class Watchdog {
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** How often it checks for the caller; most commands end before the first check. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private static final Duration GRACE_WITHOUT_CALLER = Duration.ofSeconds(2);
    private static @Nullable Thread present;
    /** As the call began. */
    private static @Nullable Launcher launcher;

    private Watchdog() {}

    /** Watches the thread that has begun this call. */
    static synchronized void begin(WalCall call, Duration limit, String what) {
        launcher = new Launcher(call);
        watch(limit, what);
    }

    /** The call has ended, and the process goes on. */
    static synchronized void end() {
        if (present != null) {
            present.interrupt();
            present = null;
        }
    }

    /**
     * Watches the calling thread until the process ends, or until this is called again: the next limit counts from
     * then.
     *
     * @param what the activity, for the message
     */
    static synchronized void watch(Duration limit, String what) {
        watch(limit, what, () -> false);
    }

    /** The same, with a last resort: if it gives true at the end of the time, the process ends with success at once. */
    static synchronized void watch(Duration limit, String what, BooleanSupplier lastResort) {
        Thread watched = Thread.currentThread();
        Launcher calling = Objects.requireNonNull(launcher, "no call has begun");
        Thread watchdog = new Thread(
                () -> {
                    try {
                        guard(watched, calling, limit, what, lastResort);
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

    private static void guard(Thread watched, Launcher calling, Duration limit, String what, BooleanSupplier lastResort)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (long left = limit.toNanos(); left > 0; left = end - System.nanoTime()) {
            Thread.sleep(Duration.ofNanos(Math.min(left, LOOK.toNanos())));
            // The end of a call interrupts this; then its launcher may be gone because it has its answer.
            if (calling.isAbandoned() && !Thread.currentThread().isInterrupted()) {
                System.err.println("ERROR: " + what + " ends: the process that asked for it is gone");
                System.err.println("HINT: PostgreSQL was stopped. It asks again after its next start.");
                end(watched, GRACE_WITHOUT_CALLER, ExitCode.INTERRUPTED);
            }
        }
        if (lastResort.getAsBoolean()) {
            Runtime.getRuntime().halt(WalMain.DELIVERED);
        }
        System.err.println("ERROR: " + what + " took longer than " + limit.toSeconds() + " s");
        System.err.println(
                "HINT: The store, its disk or the network is slow or hangs. For a push, push-timeout of [host] is"
                        + " the limit.");
        end(watched, GRACE, ExitCode.TIMED_OUT);
    }

    private static void end(Thread watched, Duration grace, ExitCode code) throws InterruptedException {
        watched.interrupt();
        Thread.sleep(grace);
        LogLines.endWithout();
        Runtime.getRuntime().halt(FailedCall.status(code));
    }
}
