// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Secret;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * The token of this process, which is only in memory. All threads share it, and it is renewed before it expires.
 * Thread-safe.
 */
final class Sessions {
    /** The token is renewed this long before it expires, so a request that has started can finish. */
    private static final Duration MARGIN = Duration.ofMinutes(2);

    private final SwiftLogin login;
    private final SwiftErrors errors;
    private final ElapsedTime time;
    private final Duration lockTimeout;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Session session;
    private long begun;

    Sessions(SwiftLogin login, SwiftErrors errors, ElapsedTime time, TimeLimits limits) {
        this.login = login;
        this.errors = errors;
        this.time = time;
        this.lockTimeout = limits.connect().plus(limits.read());
    }

    /** A session with a token that does not expire soon. */
    Session current() throws StorageException {
        lock();
        try {
            return session != null && !endsSoon(session) ? session : renewed();
        } finally {
            lock.unlock();
        }
    }

    /** A new session after the store has refused a token that had not expired. */
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
        Session created = login.ask();
        session = created;
        begun = asked;
        return created;
    }

    private boolean endsSoon(Session checked) {
        if (checked.life().isEmpty()) {
            return false;
        }
        Duration life = checked.life().get();
        Duration quarter = life.dividedBy(4);
        Duration margin = quarter.compareTo(MARGIN) < 0 ? quarter : MARGIN;
        return time.nanos() - begun >= life.minus(margin).toNanos();
    }

    /** Another thread may be logging in, within its own limits. */
    private void lock() throws StorageException {
        try {
            if (!lock.tryLock(lockTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw errors.unavailable(Operation.LOG_IN, "", "another thread is still waiting for a token");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.unavailable(Operation.LOG_IN, "", "interrupted while another thread asked for a token");
        }
    }

    /**
     * The result of a login. Immutable; printed without the token.
     *
     * @param storage the address of the account, without a slash at its end
     * @param life the lifetime of the token from now on; empty if unknown
     */
    record Session(Secret token, URI storage, Optional<Duration> life) {}
}
