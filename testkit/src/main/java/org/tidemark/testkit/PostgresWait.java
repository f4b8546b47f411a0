// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Waits for what a server does, with a limit, and shows its log when that has passed. */
public final class PostgresWait {
    /** For what takes a second or two on a machine that is not busy. */
    public static final Duration DEFAULT_LIMIT = Duration.ofMinutes(3);

    private PostgresWait() {}

    /**
     * Returns as soon as {@code condition} holds.
     *
     * @param what the condition as a sentence, for the message
     * @throws IllegalStateException with the server's log after {@code limit}
     */
    public static void until(String what, Duration limit, PostgresServer server, Callable<Boolean> condition) {
        try {
            Awaitility.await(what)
                    .atMost(limit)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(50))
                    .pollInSameThread()
                    .until(condition);
        } catch (ConditionTimeoutException e) {
            throw new IllegalStateException("waited " + limit + " until " + what + "; log:\n" + server.log(), e);
        }
    }
}
