// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.ahead;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.ahead.SteadyPush.Pushing;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.push.PushObserver;
import org.tidemark.wal.push.Pusher;

/**
 * Pushes as wal-push does, over connections that stay open. Which repository is at an address is asked again from time
 * to time. Thread-safe.
 */
final class LastingPushes implements Pushing {
    /** How long it is believed which repository is at an address. */
    private static final Duration KNOWN = Duration.ofSeconds(10);

    private final WalContext context;
    private final ClusterName cluster;
    private final OpenRepositories repositories;
    private final PushObserver observer;
    private final AtomicInteger abandoned;
    private @Nullable Pusher pusher;
    private long asked;

    /** @param abandoned counts the pushes that have left threads which still wait for a store */
    LastingPushes(
            WalContext context,
            ClusterName cluster,
            OpenRepositories repositories,
            PushObserver observer,
            AtomicInteger abandoned) {
        this.context = context;
        this.cluster = cluster;
        this.repositories = repositories;
        this.observer = observer;
        this.abandoned = abandoned;
    }

    @Override
    public void push(PushRequest request) throws IOException {
        if (pusher().push(request)) {
            abandoned.incrementAndGet();
        }
    }

    private synchronized Pusher pusher() {
        Pusher present = pusher;
        if (present == null || System.nanoTime() - asked > KNOWN.toNanos()) {
            repositories.askAgain();
            present = new Pusher(context, cluster, repositories, observer);
            pusher = present;
            asked = System.nanoTime();
        }
        return present;
    }
}
