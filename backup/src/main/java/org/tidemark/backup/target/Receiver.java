// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.catalog.ClusterArchive;

/** A repository that receives the objects of a backup, until it fails or is left behind. Thread-safe. */
public final class Receiver {
    private final BackupTarget target;
    private final RegisteredCluster registered;
    private final ClaimedObjects objects;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final AtomicInteger unstored = new AtomicInteger();
    private volatile boolean leftBehind;
    private Duration waitedFor = Duration.ZERO;

    /** @param registered the cluster as this repository knows it */
    public Receiver(BackupTarget target, RegisteredCluster registered) {
        this.target = target;
        this.registered = registered;
        this.objects = new ClaimedObjects(target.repository().store());
    }

    /** What was asked for this repository. */
    public BackupTarget target() {
        return target;
    }

    /** The cluster as this repository knows it. */
    public RegisteredCluster registered() {
        return registered;
    }

    /** What the repository holds of the cluster. */
    public ClusterArchive archive() {
        return registered.archive();
    }

    /** What this backup stores there. */
    public ClaimedObjects objects() {
        return objects;
    }

    /** The repository, for messages. */
    public String description() {
        return target.repository().store().description();
    }

    /** Whether the repository still gets the backup: it has not failed, and was not left behind. */
    public boolean isLive() {
        return failure.get() == null && !leftBehind;
    }

    /**
     * The backup goes on without this repository. Only its first failure counts, and none after it was left behind: its
     * uploads were interrupted then.
     */
    public void fail(Exception e) {
        if (!leftBehind) {
            failure.compareAndSet(null, e);
        }
    }

    /** The backup goes on without this repository, which is only slow. */
    void leaveBehind() {
        leftBehind = true;
    }

    /** Why the repository does not get the backup; empty if nothing failed. */
    public Optional<Exception> failure() {
        return Optional.ofNullable(failure.get());
    }

    /** An object is about to be stored. */
    public void begins() {
        unstored.incrementAndGet();
    }

    /** An object that began is stored, or has failed. */
    public void ended() {
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
