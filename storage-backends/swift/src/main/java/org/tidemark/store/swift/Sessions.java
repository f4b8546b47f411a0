// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/** The token of this process, in memory alone: asked for once for all threads, and anew before it ends. Thread-safe. */
final class Sessions {
    /** A request that begins so much before the end gets through in time. */
    private static final Duration MARGIN = Duration.ofMinutes(2);

    private final Login login;
    private final SwiftErrors errors;
    private final ElapsedTime time;
    private final Duration patience;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Session session;
    private long begun;

    Sessions(Login login, SwiftErrors errors, ElapsedTime time, TimeLimits limits) {
        this.login = login;
        this.errors = errors;
        this.time = time;
        this.patience = limits.connect().plus(limits.read());
    }

    /** One that counts for a while. */
    Session current() throws StorageException {
        lock();
        try {
            return session != null && !endsSoon(session) ? session : renewed();
        } finally {
            lock.unlock();
        }
    }

    /** Another than the one that the store refused, though its time was not over. */
    Session insteadOf(Session refused) throws StorageException {
        lock();
        try {
            return session != null && !session.token().equals(refused.token()) ? session : renewed();
        } finally {
            lock.unlock();
        }
    }

    private Session renewed() throws StorageException {
        session = null;
        long asked = time.nanos();
        Session its = login.ask();
        session = its;
        begun = asked;
        return its;
    }

    private boolean endsSoon(Session its) {
        if (its.life().isEmpty()) {
            return false;
        }
        Duration life = its.life().get();
        Duration quarter = life.dividedBy(4);
        Duration margin = quarter.compareTo(MARGIN) < 0 ? quarter : MARGIN;
        return time.nanos() - begun >= life.minus(margin).toNanos();
    }

    /** Another thread may be asking at this moment, within its own limits. */
    private void lock() throws StorageException {
        try {
            if (!lock.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw errors.unavailable(Operation.LOG_IN, "", "another thread is still waiting for a token");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.unavailable(Operation.LOG_IN, "", "interrupted while another thread asked for a token");
        }
    }
}
