// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.ExitCode;

/**
 * What a signal does: the command is interrupted and given time to clean up, then the process ends with
 * {@link ExitCode#INTERRUPTED} instead of the JVM's own status.
 */
final class Interruption {
    private static final int SECONDS_TO_END = 30;

    private final Thread command;
    private final CountDownLatch ended = new CountDownLatch(1);

    private Interruption(Thread command) {
        this.command = command;
    }

    /** From now on a signal interrupts the calling thread. */
    static Interruption ofThisThread() {
        Interruption interruption = new Interruption(Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(new Thread(interruption::stop, "interruption"));
        return interruption;
    }

    /** The command has ended; the process may exit with its status. */
    void end() {
        ended.countDown();
    }

    private void stop() {
        if (ended.getCount() == 0) {
            return;
        }
        command.interrupt();
        try {
            if (!ended.await(SECONDS_TO_END, TimeUnit.SECONDS)) {
                System.err.println("WARNING: the command did not end within " + SECONDS_TO_END + " s: it is killed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(ExitCode.INTERRUPTED.status());
    }
}
