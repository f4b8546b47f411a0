// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.ClusterArchive;

/** A repository that receives the objects of a backup, until it fails or is left behind. Thread-safe. */
final class Receiver {
    private final BackupTarget target;
    private final RegisteredCluster registered;
    private final ClaimedObjects objects;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final AtomicInteger unstored = new AtomicInteger();
    private volatile boolean leftBehind;
    private Duration waitedFor = Duration.ZERO;

    Receiver(BackupTarget target, RegisteredCluster registered) {
        this.target = target;
        this.registered = registered;
        this.objects = new ClaimedObjects(target.repository().store());
    }

    BackupTarget target() {
        return target;
    }

    RegisteredCluster registered() {
        return registered;
    }

    ClusterArchive archive() {
        return registered.archive();
    }

    ClaimedObjects objects() {
        return objects;
    }

    /** The repository, for messages. */
    String description() {
        return target.repository().store().description();
    }

    boolean isLive() {
        return failure.get() == null && !leftBehind;
    }

    /**
     * The backup goes on without this repository. Only its first failure counts, and none after it was left behind: its
     * uploads were interrupted then.
     */
    void fail(Exception e) {
        if (!leftBehind) {
            failure.compareAndSet(null, e);
        }
    }

    /** The backup goes on without this repository, which is only slow. */
    void leaveBehind() {
        leftBehind = true;
    }

    Optional<Exception> failure() {
        return Optional.ofNullable(failure.get());
    }

    void begins() {
        unstored.incrementAndGet();
    }

    void ended() {
        unstored.decrementAndGet();
    }

    /** Whether it has stored all bundles that there are. */
    boolean isIdle() {
        return unstored.get() == 0;
    }

    /** Adds a time in which other repositories were idle because of this one; called by one thread. */
    Duration addWait(Duration time) {
        waitedFor = waitedFor.plus(time);
        return waitedFor;
    }
}
