// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.OnlineBackup;
import org.tidemark.postgres.ReplicationConnection;

/**
 * Keeps the two idle connections of a long copy alive, and notices when one of them is lost. The copy is useless after
 * that.
 */
final class SessionWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final OnlineBackup backup;
    private final ReplicationConnection connection;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile Optional<UserFacingException> failure = Optional.empty();

    SessionWatch(OnlineBackup backup, ReplicationConnection connection) {
        this.backup = backup;
        this.connection = connection;
        this.thread = Thread.ofPlatform().name("session-watch").daemon().unstarted(this::watch);
    }

    /** Nobody else may use the replication connection until {@link #end}. */
    void start() {
        thread.start();
    }

    private void watch() {
        try {
            // Ended by a latch: an interrupt during a command would end the connection.
            while (!ended.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                backup.requireAlive();
                connection.show("server_version_num");
            }
        } catch (InterruptedException e) {
            // Nothing interrupts this thread.
        } catch (UserFacingException e) {
            failure = Optional.of(e);
        }
    }

    /** Throws the failure of a lost connection. */
    void requireAlive() {
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /** After this, the caller may use the connections again. */
    void end() {
        close();
        requireAlive();
    }

    @Override
    public void close() {
        ended.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
